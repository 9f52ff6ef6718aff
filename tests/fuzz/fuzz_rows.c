/*
 * A struct by rows of every kind, from whatever JSON: it is refused with the name of a member, or
 * loaded within its bounds; what was loaded is shown as declared, and is the same when it is saved
 * and loaded again. The same for requests to run something.
 */
#include <stdlib.h>
#include <string.h>

#include "vmm/base/command_request.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum colour { RED, GREEN };
static const char *const colours[] = { "red", "green", NULL };
static const char *const reasons[] = { "tired", "bored", NULL };

struct part {
    char *label;
    int64_t size;
};

struct thing {
    char id[5];
    char *name;
    enum colour colour;
    bool fancy, open;
    const char *reason;
    int64_t count;
    uint64_t offset;
    int exit_code;
    double ended_at;
    json_t *words, *labels, *extra, *items;
    struct part part;
};

static const struct row_spec part_rows[] = {
    ROW_TEXT(part, label, .required = true),
    ROW_INT(part, size, .min = -5, .max = 5),
    ROW_END,
};
static const struct row_spec rows[] = {
    ROW_TEXT(thing, id),
    ROW_TEXT(thing, name, .nullable = true, .max = 8),
    ROW_CHOICE(thing, colour, colours),
    ROW_CHOICE(thing, fancy, colours),
    ROW_BOOL(thing, open, .def = true),
    ROW_CHOICE(thing, reason, reasons, .nullable = true, .sparse = true),
    ROW_INT(thing, count, .min = 1, .max = 10, .def = 1),
    ROW_INT(thing, offset, .required = true),
    ROW_INT(thing, exit_code, .min = -1, .max = 255, .def = -1, .nullable = true),
    ROW_NUM(thing, ended_at, .nullable = true),
    ROW_STRINGS(thing, words, .min = 1, .max = 3),
    ROW_MAP(thing, labels, .max = 3),
    ROW_OBJECT(thing, extra, NULL, .nullable = true, .sparse = true),
    ROW_OBJECTS(thing, items, NULL, .nullable = true),
    ROW_STRUCT(thing, part, part_rows),
    ROW_END,
};

static void check_bounds(const struct thing *t)
{
    BUG_ON(strlen(t->id) > 4 || (t->name && strlen(t->name) > 8));
    BUG_ON(t->colour > GREEN || t->count < 1 || t->count > 10 || t->offset > INT64_MAX);
    BUG_ON(t->exit_code < -1 || t->exit_code > 255);
    BUG_ON(t->part.size < -5 || t->part.size > 5);
    BUG_ON(json_array_size(t->words) > 3 || json_object_size(t->labels) > 3);
}

/* The requests that come from a client, and from the host into a guest. */
static void try_request(const struct row_spec *of, const json_t *j)
{
    scoped_command_request r = { 0 }, again = { 0 };
    scoped_json json_t *packed = NULL;

    if (!command_request_load(of, j, &r, NULL))
        return;
    packed = command_request_pack(of, &r, "exec", NULL);
    BUG_ON(!packed || !command_request_load(of, packed, &again, NULL));
    BUG_ON(!r.cwd || strcmp(r.cwd, again.cwd) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    scoped_json json_t *j = json_parse(bytes, n, JSON_BYTES_MAX, NULL), *first = NULL,
                       *second = NULL, *view = NULL;
    struct thing t = { .count = 1 }, again = { .count = 1 };
    struct pyro_error err = { 0 };

    if (rows_load(rows, j, &t, &err)) {
        check_bounds(&t);
        first = rows_save(rows, &t);
        BUG_ON(!first || !rows_load(rows, first, &again, NULL));
        second = rows_save(rows, &again);
        BUG_ON(!json_equal(first, second));
        view = rows_view(rows, &t);
        BUG_ON(!view || !rows_find(rows, "offset"));
        for (const struct row_spec *r = rows_shown(rows); r; r = rows_shown(r + 1))
            BUG_ON(!json_object_get(view, row_shown_name(r)));
    } else {
        BUG_ON(err.code != PYRO_RECORD_INVALID || err.message[0] == '\0');
    }
    rows_release(rows, &t);
    rows_release(rows, &again);
    try_request(exec_request_rows, j);
    try_request(shell_request_rows, j);
    try_request(service_request_rows, j);
    return 0;
}
