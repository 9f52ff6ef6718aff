/* vmm/base/rows.c: structs to and from JSON, by their rows. */
#include "vmm/base/rows.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"
#include "vmm/base/json_members.h"

#define ROWS_MAX 128 /* of one object that is read in brief */

const char *row_shown_name(const struct row_spec *row)
{
    return row->shown ? row->shown : row->name;
}

static const char *kept_name(const struct row_spec *row)
{
    return row->kept ? row->kept : row->name;
}

const struct row_spec *rows_shown(const struct row_spec *rows)
{
    while (rows && rows->type != ROW_TYPE_END && rows->where == ROW_KEPT)
        rows++;
    return rows && rows->type != ROW_TYPE_END ? rows : NULL;
}

const struct row_spec *rows_find(const struct row_spec *rows, const char *name)
{
    const struct row_spec *row = rows_shown(rows);

    while (row && strcmp(row_shown_name(row), name) != 0)
        row = rows_shown(row + 1);
    return row;
}

/* The first row from here on that is kept; NULL at the end. */
static const struct row_spec *kept(const struct row_spec *row)
{
    while (row->type != ROW_TYPE_END && (!row->field || row->where == ROW_SHOWN))
        row++;
    return row->type != ROW_TYPE_END ? row : NULL;
}

static int64_t highest(const struct row_spec *row)
{
    return row->max                        ? row->max
           : row->field == ROW_FIELD_INT   ? INT32_MAX
           : row->field == ROW_FIELD_CHARS ? (int64_t)row->size - 1
                                           : INT64_MAX;
}

/* ---- reading ---- */

static bool no_memory(const struct row_spec *row, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_NO_MEMORY, "'%s': out of memory", kept_name(row));
}

/* One member on its way in. */
struct loading {
    const struct row_spec *row;
    const json_t *value; /* NULL: missing */
    bool exact;          /* a member that is present must be valid */
    struct pyro_error *err;
};

/* Whether an unusable value is ignored. */
static bool is_lenient(const struct loading *l)
{
    return !l->row->required && !(l->exact && l->value && !json_is_null(l->value));
}

static bool unfit(const struct loading *l, const char *type)
{
    return is_lenient(l) || json_fail_member(kept_name(l->row), type, l->err);
}

static bool set_text(char **field, const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        return false;
    free(*field);
    *field = copy;
    return true;
}

static bool load_text(const struct loading *l, void *field)
{
    const struct row_spec *row = l->row;
    const char *text = json_string_value(l->value);
    bool fits = text && (!row->is_valid || row->is_valid(text));

    if (fits && json_string_length(l->value) > (size_t)highest(row)) {
        if (!is_lenient(l))
            return pyro_fail(l->err, PYRO_RECORD_INVALID, "'%s' is over %lld bytes", kept_name(row),
                             (long long)highest(row));
        fits = false;
    }
    if (!fits && !unfit(l, "string"))
        return false;
    text = fits ? text : row->value;
    if (text && row->field == ROW_FIELD_CHARS)
        memcpy(field, text, strlen(text) + 1);
    else if (text && !set_text(field, text))
        return no_memory(row, l->err);
    return true;
}

static bool load_choice(const struct loading *l, void *field)
{
    const struct row_spec *row = l->row;
    const char *text = json_string_value(l->value);
    unsigned i = 0;

    if (row->field == ROW_FIELD_ENUM)
        *(unsigned *)field = (unsigned)row->def;
    else
        *(const char **)field = row->value;
    if (!text)
        return unfit(l, "string");
    while (row->choices[i] && strcmp(row->choices[i], text) != 0)
        i++;
    if (row->field == ROW_FIELD_CONST && row->choices[i])
        *(const char **)field = row->choices[i];
    else if (row->choices[i])
        *(unsigned *)field = i;
    return row->choices[i] || (row->field == ROW_FIELD_CONST && is_lenient(l)) ||
           pyro_fail(l->err, PYRO_RECORD_INVALID, "%s '%s' is unknown", kept_name(row), text);
}

static bool load_int(const struct loading *l, void *field)
{
    const struct row_spec *row = l->row;
    int64_t n = row->def;

    if (!json_get_int_value(l->value, kept_name(row), row->min, highest(row), &n,
                            is_lenient(l) ? NULL : l->err) &&
        !is_lenient(l))
        return false;
    if (row->field == ROW_FIELD_INT)
        *(int *)field = (int)n;
    else if (row->field == ROW_FIELD_UINT64)
        *(uint64_t *)field = (uint64_t)n;
    else if (row->field == ROW_FIELD_INT64)
        *(int64_t *)field = n;
    return true;
}

/* Whether the JSON is of that type. */
static bool fits_type(enum row_type type, const json_t *value)
{
    const char *key;
    json_t *item;
    size_t i;

    switch (type) {
    case ROW_TYPE_STR:
        return json_is_string(value);
    case ROW_TYPE_OBJECT:
        return json_is_object(value);
    case ROW_TYPE_OBJECTS:
        return json_is_array(value);
    case ROW_TYPE_STRINGS:
        json_array_foreach ((json_t *)(uintptr_t)value, i, item)
            if (!json_is_string(item))
                return false;
        return json_is_array(value);
    case ROW_TYPE_MAP:
        json_object_foreach ((json_t *)(uintptr_t)value, key, item)
            if (!json_is_string(item))
                return false;
        return json_is_object(value);
    default:
        return value != NULL;
    }
}

static bool load_json(const struct loading *l, json_t **field)
{
    static const char *const types[] = { [ROW_TYPE_STR] = "string",
                                         [ROW_TYPE_OBJECT] = "object",
                                         [ROW_TYPE_OBJECTS] = "list",
                                         [ROW_TYPE_STRINGS] = "list of strings",
                                         [ROW_TYPE_MAP] = "object of strings",
                                         [ROW_TYPE_ANY] = "value" };
    const struct row_spec *row = l->row;
    size_t n = json_is_array(l->value) ? json_array_size(l->value) : json_object_size(l->value);
    json_t *copy;

    if (!fits_type(row->type, l->value)) {
        if (row->value && !*field)
            *field = json_string(row->value);
        return unfit(l, types[row->type]);
    }
    if (n < (size_t)row->min || n > (size_t)highest(row))
        return is_lenient(l) ||
               pyro_fail(l->err, PYRO_RECORD_INVALID, "'%s' has %zu items, not %lld to %lld",
                         kept_name(row), n, (long long)row->min, (long long)highest(row));
    copy = json_deep_copy(l->value);
    if (!copy)
        return no_memory(row, l->err);
    json_decref(*field);
    *field = copy;
    return true;
}

static bool load_all(const struct row_spec *rows, const json_t *object, void *ret, bool exact,
                     struct pyro_error *err);

static bool load_struct(const struct loading *l, void *field)
{
    if (!json_is_object(l->value))
        return unfit(l, "object");
    if (load_all(l->row->fields, l->value, field, l->exact, is_lenient(l) ? NULL : l->err))
        return true;
    return is_lenient(l) || pyro_wrap(l->err, "%s", kept_name(l->row));
}

static bool load_member(const struct loading *l, void *field)
{
    const struct row_spec *row = l->row;

    if (row->load)
        return row->load(field, l->value, l->err);
    switch (row->field) {
    case ROW_FIELD_TEXT:
    case ROW_FIELD_CHARS:
        return load_text(l, field);
    case ROW_FIELD_CONST:
    case ROW_FIELD_ENUM:
        return load_choice(l, field);
    case ROW_FIELD_VERSION:
    case ROW_FIELD_INT64:
    case ROW_FIELD_UINT64:
    case ROW_FIELD_INT:
        return load_int(l, field);
    case ROW_FIELD_DOUBLE:
        *(double *)field =
            json_is_number(l->value) ? json_number_value(l->value) : (double)row->def;
        return json_is_number(l->value) || unfit(l, "number");
    case ROW_FIELD_BOOL:
        *(bool *)field = json_is_boolean(l->value) ? json_is_true(l->value) : row->def != 0;
        return json_is_boolean(l->value) || unfit(l, "boolean");
    case ROW_FIELD_JSON:
        return load_json(l, field);
    case ROW_FIELD_STRUCT:
        return load_struct(l, field);
    case ROW_FIELD_NONE:
    case ROW_FIELD_OTHER:
        break;
    }
    return true;
}

static bool load_all(const struct row_spec *rows, const json_t *object, void *ret, bool exact,
                     struct pyro_error *err)
{
    for (const struct row_spec *row = kept(rows); row; row = kept(row + 1)) {
        const struct loading l = {
            .row = row, .value = json_object_get(object, kept_name(row)), .exact = exact, .err = err
        };
        if (!load_member(&l, (char *)ret + row->offset))
            return false;
    }
    return true;
}

bool rows_load(const struct row_spec *rows, const json_t *object, void *ret, struct pyro_error *err)
{
    return load_all(rows, object, ret, false, err);
}

static bool is_named(const struct row_spec *row, const struct json_span *name)
{
    const char *own = kept_name(row);

    return name->n && *own == *name->text && !strncmp(own, name->text, name->n) && !own[name->n];
}

/* A version is always looked at: the members of a newer one may mean something else. */
static bool is_brief(const struct row_spec *row)
{
    return row->brief || row->field == ROW_FIELD_VERSION;
}

static bool load_brief_member(const struct row_spec *row, const struct json_span *value, void *ret)
{
    scoped_json json_t *j = value ? json_span_parse(value) : NULL;
    const struct loading l = { .row = row, .value = j };

    return (!value || j) && load_member(&l, (char *)ret + row->offset);
}

bool rows_load_brief(const struct row_spec *rows, const char *text, size_t n, void *ret)
{
    struct json_members m = { .at = text, .end = text + n };
    uint64_t seen[ROWS_MAX / 64] = { 0 };
    struct json_span name, value;

    while (json_members_next(&m, &name, &value)) {
        const struct row_spec *row = kept(rows);
        while (row && !is_named(row, &name))
            row = kept(row + 1);
        if (!row)
            continue; /* of a version that had more */
        BUG_ON(row - rows >= ROWS_MAX);
        if (seen[(row - rows) / 64] & 1ull << (row - rows) % 64 ||
            (is_brief(row) && !load_brief_member(row, &value, ret)))
            return false;
        seen[(row - rows) / 64] |= 1ull << (row - rows) % 64;
    }
    for (const struct row_spec *row = kept(rows); row; row = kept(row + 1))
        if (!(seen[(row - rows) / 64] & 1ull << (row - rows) % 64) &&
            (row->required || (is_brief(row) && !load_brief_member(row, NULL, ret))))
            return false;
    return m.whole;
}

bool rows_read(const struct row_spec *rows, int dirfd, const char *file, size_t max_bytes,
               void *ret, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(max_bytes);
    scoped_json json_t *j = NULL;

    if (!fs_read_file(dirfd, file, &text, err))
        return false;
    j = json_parse(text.data, text.len, max_bytes, err);
    return j && rows_load(rows, j, ret, err);
}

bool rows_load_request(const struct row_spec *rows, const json_t *request, void *ret,
                       struct pyro_error *err)
{
    if (load_all(rows, request, ret, true, err))
        return true;
    if (pyro_is(err, PYRO_RECORD_INVALID))
        pyro_recode(err, PYRO_INVALID_ARGUMENT);
    return false;
}

/* ---- writing ---- */

static int64_t int_of(const struct row_spec *row, const void *field)
{
    return row->field == ROW_FIELD_INT      ? *(const int *)field
           : row->field == ROW_FIELD_UINT64 ? (int64_t)*(const uint64_t *)field
                                            : *(const int64_t *)field;
}

/* The member as it is, new; null for none. */
static json_t *to_json(const struct row_spec *row, const void *field)
{
    if (row->save)
        return row->save(field);
    switch (row->field) {
    case ROW_FIELD_TEXT:
    case ROW_FIELD_CONST:
        return json_string_or_null(*(const char *const *)field);
    case ROW_FIELD_CHARS:
        return json_string_or_null(field);
    case ROW_FIELD_ENUM:
        return json_string(row->choices[*(const unsigned *)field]);
    case ROW_FIELD_VERSION:
        return json_integer((json_int_t)row->max);
    case ROW_FIELD_INT64:
    case ROW_FIELD_UINT64:
    case ROW_FIELD_INT:
        return json_integer((json_int_t)int_of(row, field));
    case ROW_FIELD_DOUBLE:
        return json_real(*(const double *)field);
    case ROW_FIELD_BOOL:
        return json_boolean(*(const bool *)field);
    case ROW_FIELD_JSON:
        return *(json_t *const *)field ? json_incref(*(json_t *const *)field) : json_null();
    case ROW_FIELD_STRUCT:
        return rows_save(row->fields, field);
    case ROW_FIELD_NONE:
    case ROW_FIELD_OTHER:
        break;
    }
    return NULL;
}

json_t *rows_save(const struct row_spec *rows, const void *from)
{
    json_t *object = json_object();

    for (const struct row_spec *row = kept(rows); row; row = kept(row + 1)) {
        json_t *value = to_json(row, (const char *)from + row->offset);

        if (row->sparse && json_is_null(value)) {
            json_decref(value);
        } else if (json_object_set_new(object, kept_name(row), value) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* Its text, which the caller frees. */
static char *to_text(const struct row_spec *rows, const void *from, const char *file,
                     struct pyro_error *err)
{
    scoped_json json_t *j = rows_save(rows, from);
    char *text = j ? json_compact(j) : NULL;

    if (!text)
        pyro_fail(err, PYRO_NO_MEMORY, "write '%s': out of memory", file);
    return text;
}

bool rows_write(const struct row_spec *rows, const void *from, int dirfd, const char *file,
                struct pyro_error *err)
{
    scoped_free char *text = to_text(rows, from, file, err);

    return text && fs_replace(dirfd, file, text, strlen(text), 0600, err);
}

bool rows_publish(const struct row_spec *rows, const void *from, int dirfd, const char *file,
                  struct pyro_error *err)
{
    scoped_free char *text = to_text(rows, from, file, err);

    return text && fs_write_atomic(dirfd, file, text, strlen(text), 0644, err);
}

bool rows_publish_soon(const struct row_spec *rows, const void *from, int dirfd, const char *file,
                       struct pyro_error *err)
{
    scoped_free char *text = to_text(rows, from, file, err);

    return text && fs_replace(dirfd, file, text, strlen(text), 0644, err);
}

static bool is_shown_null(const struct row_spec *row, const void *field)
{
    if (!row->nullable)
        return false;
    if (row->field == ROW_FIELD_DOUBLE)
        return *(const double *)field <= (double)row->def;
    return row->type == ROW_TYPE_INT && int_of(row, field) <= row->def;
}

/* The member as it is shown, new; NULL for one the caller fills in. */
static json_t *to_view(const struct row_spec *row, const void *from)
{
    const void *field = (const char *)from + row->offset;

    if (row->show)
        return row->show(from);
    if (!row->field)
        return row->value ? json_string(row->value) : NULL;
    if (is_shown_null(row, field))
        return json_null();
    if (row->field == ROW_FIELD_BOOL && row->choices)
        return json_string(row->choices[*(const bool *)field]);
    if (row->field == ROW_FIELD_STRUCT)
        return rows_view(row->fields, field);
    if (row->field == ROW_FIELD_JSON && !*(json_t *const *)field && !row->nullable)
        return row->type == ROW_TYPE_OBJECTS || row->type == ROW_TYPE_STRINGS ? json_array()
                                                                              : json_object();
    return to_json(row, field);
}

static json_t *view(const struct row_spec *rows, const void *from, bool listed)
{
    json_t *object = json_object();

    for (const struct row_spec *row = rows_shown(rows); row; row = rows_shown(row + 1)) {
        if ((!row->show && !row->field && !row->value) || (listed && !row->listed))
            continue;
        if (json_object_set_new(object, row_shown_name(row), to_view(row, from)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

json_t *rows_view(const struct row_spec *rows, const void *from)
{
    return view(rows, from, false);
}

json_t *rows_list_view(const struct row_spec *rows, const void *from)
{
    return view(rows, from, true);
}

static void release_member(const struct row_spec *row, void *field)
{
    if (row->release) {
        row->release(field);
    } else if (row->field == ROW_FIELD_STRUCT) {
        rows_release(row->fields, field);
    } else if (row->field == ROW_FIELD_TEXT) {
        free(*(char **)field);
        *(char **)field = NULL;
    } else if (row->field == ROW_FIELD_JSON) {
        json_decref(*(json_t **)field);
        *(json_t **)field = NULL;
    }
}

void rows_release(const struct row_spec *rows, void *object)
{
    for (const struct row_spec *row = rows; row->type != ROW_TYPE_END; row++)
        release_member(row, (char *)object + row->offset);
}

void rows_forget(const struct row_spec *rows, enum row_copy which, void *object)
{
    for (const struct row_spec *row = rows; row->type != ROW_TYPE_END; row++) {
        void *field = (char *)object + row->offset;
        struct row_spec any = *row;
        const struct loading none = { .row = &any };
        if (row->copy != which)
            continue;
        release_member(row, field);
        any.required = false;
        if (row->field == ROW_FIELD_STRUCT || row->field == ROW_FIELD_CHARS)
            memset(field, 0, row->size);
        else if (!row->load)
            (void)!load_member(&none, field);
    }
}
