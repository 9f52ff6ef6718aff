/*
 * Rows: a JSON object declared once, one row per member. A command's result is declared by rows.
 * Where a row has a member of a C struct behind it, the same table reads, checks, writes, shows and
 * frees it: records and requests are such structs, so a new member is one row.
 *
 * An object has two forms. It is kept (in a file, on the wire) by rows_save() and rows_load(), and
 * shown to users by rows_view(); a row says in which it takes part, and under which name.
 *
 * Reading is strict where a row is required, and for a string that is not one of its choices. Any
 * other member that is missing, of another type or out of bounds is taken as its default, as in a
 * record of an older version: numbers and booleans as .def, all else as the struct had it. In a
 * request it may only be missing.
 */
#ifndef PYRO_ROWS_H
#define PYRO_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "vmm/base/json.h"

/* Of a member, as it is shown. */
enum row_type {
    ROW_TYPE_END,
    ROW_TYPE_STR,
    ROW_TYPE_INT,
    ROW_TYPE_NUM, /* integer or real */
    ROW_TYPE_BOOL,
    ROW_TYPE_OBJECT,  /* with .fields */
    ROW_TYPE_OBJECTS, /* an array of objects with .fields */
    ROW_TYPE_STRINGS, /* an array of strings */
    ROW_TYPE_MAP,     /* an object of any keys, all values strings */
    ROW_TYPE_ANY      /* any JSON */
};

enum row_where { ROW_BOTH, ROW_KEPT, ROW_SHOWN };

/* What of it something has that goes on from another, for rows_forget(). */
enum row_copy {
    ROW_COPY_UNSAID,
    ROW_COPIED,
    ROW_OWN, /* each has its own */
    ROW_PAST /* of what was done: copied, unless it is to begin anew */
};

/* The member of the struct. */
enum row_field {
    ROW_FIELD_NONE,
    ROW_FIELD_TEXT,  /* char *, owned; NULL: null */
    ROW_FIELD_CHARS, /* char[] */
    ROW_FIELD_CONST, /* const char *, one of .choices; NULL: none of them */
    ROW_FIELD_ENUM,  /* an enum without negative values: the index into .choices */
    ROW_FIELD_INT64,
    ROW_FIELD_UINT64, /* at most INT64_MAX */
    ROW_FIELD_INT,    /* also pid_t */
    ROW_FIELD_DOUBLE,
    ROW_FIELD_BOOL,    /* with .choices: kept as it is, shown as one of two words */
    ROW_FIELD_JSON,    /* json_t *, owned; NULL: null */
    ROW_FIELD_STRUCT,  /* a struct with rows of its own, .fields */
    ROW_FIELD_VERSION, /* no field: the number .max is kept, and a higher one is refused */
    ROW_FIELD_OTHER    /* with functions of its own */
};

struct row_spec {
    const char *name;  /* the struct's member, or that of the result */
    const char *kept;  /* its name where it is kept; NULL: name */
    const char *shown; /* its name where it is shown; NULL: name */
    enum row_type type;
    enum row_where where;
    enum row_copy copy;
    enum row_field field;
    size_t offset, size;
    bool required; /* in what is read */
    bool nullable; /* shown: may be null; a number is null while it is at most .def */
    bool sparse;   /* kept: left out while it is null */
    bool brief;    /* rows_load_brief() reads it */
    bool listed;   /* rows_list_view() has it */
    /* Of an integer; of a text, map or list: how long. max 0: as the field has it. */
    int64_t min, max;
    int64_t def;
    const char *const *choices; /* of a string: the closed list it is from, NULL-terminated */
    const char *value;          /* of a string: its default; without a field: always shown */
    const struct row_spec *fields;
    const char *cut_by; /* of a string: the member that says that the text goes on */
    const char *help;
    /* Whether a text is acceptable; if not, it is treated like another type. */
    bool (*is_valid)(const char *text);
    /* In place of the field type's own. `value` NULL: it is missing. */
    bool (*load)(void *field, const json_t *value, struct pyro_error *err);
    json_t *(*save)(const void *field);
    void (*release)(void *field);
    json_t *(*show)(const void *object); /* of the whole struct */
};

/* The place of a member, of one of the named types. */
#define ROW_AT_(S, F, ...)                                                                         \
    .name = #F, .offset = offsetof(struct S, F), .size = sizeof(((struct S *)0)->F),               \
    .field = _Generic(&((struct S *)0)->F, __VA_ARGS__)
#define ROW_CHARS_(S, F) char(*)[sizeof(((struct S *)0)->F)]

#define ROW_TEXT(S, F, ...)                                                                        \
    { ROW_AT_(S, F, char ** : ROW_FIELD_TEXT, ROW_CHARS_(S, F) : ROW_FIELD_CHARS),                 \
      .type = ROW_TYPE_STR, __VA_ARGS__ }
#define ROW_CHOICE(S, F, NAMES, ...)                                                               \
    { ROW_AT_(S, F, unsigned * : ROW_FIELD_ENUM, const char ** : ROW_FIELD_CONST,                  \
              bool * : ROW_FIELD_BOOL),                                                            \
      .type = ROW_TYPE_STR, .choices = (NAMES), __VA_ARGS__ }
#define ROW_INT(S, F, ...)                                                                         \
    { ROW_AT_(S, F, int64_t * : ROW_FIELD_INT64, uint64_t * : ROW_FIELD_UINT64,                    \
              int * : ROW_FIELD_INT),                                                              \
      .type = ROW_TYPE_INT, __VA_ARGS__ }
#define ROW_NUM(S, F, ...)                                                                         \
    { ROW_AT_(S, F, double * : ROW_FIELD_DOUBLE), .type = ROW_TYPE_NUM, __VA_ARGS__ }
#define ROW_BOOL(S, F, ...)                                                                        \
    { ROW_AT_(S, F, bool * : ROW_FIELD_BOOL), .type = ROW_TYPE_BOOL, __VA_ARGS__ }
#define ROW_JSON_(S, F, T, ...)                                                                    \
    { ROW_AT_(S, F, json_t * * : ROW_FIELD_JSON), .type = (T), __VA_ARGS__ }
#define ROW_OBJECT(S, F, ROWS, ...) ROW_JSON_(S, F, ROW_TYPE_OBJECT, .fields = (ROWS), __VA_ARGS__)
#define ROW_OBJECTS(S, F, ROWS, ...)                                                               \
    ROW_JSON_(S, F, ROW_TYPE_OBJECTS, .fields = (ROWS), __VA_ARGS__)
/* A struct in the struct, by rows of its own. */
#define ROW_STRUCT(S, F, ROWS, ...)                                                                \
    { .name = #F,                                                                                  \
      .offset = offsetof(struct S, F),                                                             \
      .size = sizeof(((struct S *)0)->F),                                                          \
      .field = ROW_FIELD_STRUCT,                                                                   \
      .type = ROW_TYPE_OBJECT,                                                                     \
      .fields = (ROWS),                                                                            \
      __VA_ARGS__ }
/* A string that is large, or may hold a NUL. */
#define ROW_STR(S, F, ...) ROW_JSON_(S, F, ROW_TYPE_STR, __VA_ARGS__)
#define ROW_STRINGS(S, F, ...) ROW_JSON_(S, F, ROW_TYPE_STRINGS, __VA_ARGS__)
#define ROW_MAP(S, F, ...) ROW_JSON_(S, F, ROW_TYPE_MAP, __VA_ARGS__)
/* Of any type, with .load, .save and .release; kept only. */
#define ROW_OTHER(S, F, ...)                                                                       \
    { .name = #F,                                                                                  \
      .offset = offsetof(struct S, F),                                                             \
      .field = ROW_FIELD_OTHER,                                                                    \
      .type = ROW_TYPE_ANY,                                                                        \
      .where = ROW_KEPT,                                                                           \
      __VA_ARGS__ }

#define ROW_VERSION(NAME, N) ROW_VERSIONS(NAME, 1, N)
/* One that is read from OLDEST on, and written as NEWEST. */
#define ROW_VERSIONS(NAME, OLDEST, NEWEST)                                                         \
    { .name = NAME,                                                                                \
      .field = ROW_FIELD_VERSION,                                                                  \
      .type = ROW_TYPE_INT,                                                                        \
      .where = ROW_KEPT,                                                                           \
      .required = true,                                                                            \
      .min = (OLDEST),                                                                             \
      .max = (NEWEST) }

/* Members that are only shown, without a place in a struct: by .value, .show, or the caller. */
#define RES_(NAME, T, ...) { .name = NAME, .type = (T), __VA_ARGS__ }
#define RES_STR(NAME, ...) RES_(NAME, ROW_TYPE_STR, __VA_ARGS__)
#define RES_INT(NAME, ...) RES_(NAME, ROW_TYPE_INT, __VA_ARGS__)
#define RES_NUM(NAME, ...) RES_(NAME, ROW_TYPE_NUM, __VA_ARGS__)
#define RES_BOOL(NAME, ...) RES_(NAME, ROW_TYPE_BOOL, __VA_ARGS__)
#define RES_OBJECT(NAME, ROWS, ...) RES_(NAME, ROW_TYPE_OBJECT, .fields = (ROWS), __VA_ARGS__)
#define RES_OBJECTS(NAME, ROWS, ...) RES_(NAME, ROW_TYPE_OBJECTS, .fields = (ROWS), __VA_ARGS__)
#define RES_STRINGS(NAME, ...) RES_(NAME, ROW_TYPE_STRINGS, __VA_ARGS__)
#define RES_MAP(NAME, ...) RES_(NAME, ROW_TYPE_MAP, __VA_ARGS__)
#define RES_ANY(NAME, ...) RES_(NAME, ROW_TYPE_ANY, __VA_ARGS__)
#define ROW_END { .type = ROW_TYPE_END }

/*
 * A struct and its rows can be declared in one list, so that a member is one entry:
 *     #define THING_MEMBERS(FIELD, ROW) FIELD(char *name) ROW(ROW_TEXT(thing, name)) …
 *     struct thing { THING_MEMBERS(MEMBER_FIELD, MEMBER_NONE) };
 *     const struct row_spec thing_rows[] = { THING_MEMBERS(MEMBER_NONE, MEMBER_ROW) ROW_END };
 */
#define MEMBER_FIELD(...) __VA_ARGS__;
#define MEMBER_ROW(...) __VA_ARGS__,
#define MEMBER_NONE(...)

/*
 * Fills the struct from an object, checked. The struct has been initialised; what a member held
 * before is freed. PYRO_RECORD_INVALID names the member; what was read by then stays, for
 * rows_release().
 */
bool rows_load(const struct row_spec *rows, const json_t *object, void *ret,
               struct pyro_error *err) MUST_CHECK;
/*
 * The brief members alone, from text that is kept, in one pass and without a tree of the rest: that
 * is looked at only so far that an object cut short is seen. False when anything is unusual (the
 * text may be damaged, of another version, or merely written in another way): rows_load() then says
 * what is true. What was read by then stays, for rows_release().
 */
bool rows_load_brief(const struct row_spec *rows, const char *text, size_t n, void *ret) MUST_CHECK;
/* The same of a request: a member that is present must be valid. PYRO_INVALID_ARGUMENT. */
bool rows_load_request(const struct row_spec *rows, const json_t *request, void *ret,
                       struct pyro_error *err) MUST_CHECK;
/* The object as it is kept, new; NULL when out of memory. */
json_t *rows_save(const struct row_spec *rows, const void *from) MUST_CHECK;
/* The object as it is shown, new, except members that have neither field, .value nor .show. It
 * shares the struct's JSON. NULL when out of memory. */
json_t *rows_view(const struct row_spec *rows, const void *from) MUST_CHECK;
/* Of its listed members alone. */
json_t *rows_list_view(const struct row_spec *rows, const void *from) MUST_CHECK;
/* rows_load() of a file of at most max_bytes. One that is missing sets err's sys_errno to ENOENT. */
bool rows_read(const struct row_spec *rows, int dirfd, const char *file, size_t max_bytes,
               void *ret, struct pyro_error *err) MUST_CHECK;
/* Writes it as it is kept, sorted, in place of the file, for its owner only. */
bool rows_write(const struct row_spec *rows, const void *from, int dirfd, const char *file,
                struct pyro_error *err) MUST_CHECK;
/* The same for everybody to read: on the disk when it returns … */
bool rows_publish(const struct row_spec *rows, const void *from, int dirfd, const char *file,
                  struct pyro_error *err) MUST_CHECK;
/* … or whenever the kernel writes it; a crash leaves what was there before, or this, or a file that
 * fails its parser. */
bool rows_publish_soon(const struct row_spec *rows, const void *from, int dirfd, const char *file,
                       struct pyro_error *err) MUST_CHECK;
/* Frees what the struct owns. The rest of it stays as it is. */
void rows_release(const struct row_spec *rows, void *object);
/* Makes members of that kind as those of a new struct: nothing, numbers and booleans .def. */
void rows_forget(const struct row_spec *rows, enum row_copy which, void *object);

/* Iterates over the shown rows: for (r = rows_shown(rows); r; r = rows_shown(r + 1)). `rows` may be
 * NULL. */
const struct row_spec *rows_shown(const struct row_spec *rows);
/* Its name there. */
const char *row_shown_name(const struct row_spec *row);
/* The shown row of that name; NULL when there is none. */
const struct row_spec *rows_find(const struct row_spec *rows, const char *name);

#endif
