/* Structs by rows: what is kept comes back, what is not sound is refused by name or taken as its
 * default, and what is shown is as declared. */
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/cmd/check.h"
#include "vmm/base/fs.h"
#include "vmm/base/rows.h"

enum colour { RED, GREEN };
static const char *const colours[] = { "red", "green", NULL };
static const char *const modes[] = { "plain", "fancy", NULL };
static const char *const reasons[] = { "tired", "bored", NULL };

struct pair {
    int a, b;
};

struct part {
    char *label;
    int64_t size;
};

struct thing {
    char id[5];
    char *name, *note;
    enum colour colour;
    bool fancy, open;
    const char *reason;
    int64_t count;
    uint64_t offset;
    int exit_code;
    double ended_at;
    json_t *words, *labels, *extra, *items;
    struct pair pair;
    struct part part;
};

static bool load_pair(void *field, const json_t *value, struct pyro_error *err)
{
    struct pair *p = field;
    int64_t a;

    if (!json_get_int(value, "a", 0, 9, &a, err))
        return pyro_wrap(err, "pair");
    p->a = (int)a;
    return true;
}

static json_t *save_pair(const void *field)
{
    return json_pack("{s:i}", "a", ((const struct pair *)field)->a);
}

static json_t *show_sum(const void *object)
{
    const struct thing *t = object;

    return json_integer(t->count + t->pair.a);
}

static bool is_lower(const char *text)
{
    return strspn(text, "abcdefghijklmnopqrstuvwxyz") == strlen(text);
}

static const struct row_spec item_rows[] = { RES_INT("n"), ROW_END };
static const struct row_spec part_rows[] = {
    ROW_TEXT(part, label, .required = true),
    ROW_INT(part, size, .shown = "size_bytes", .min = -5, .max = 5),
    ROW_END,
};
static const struct row_spec rows[] = {
    ROW_VERSION("version", 2),
    ROW_TEXT(thing, id, .shown = "thing_id", .required = true),
    ROW_TEXT(thing, name, .nullable = true, .is_valid = is_lower),
    ROW_TEXT(thing, note, .where = ROW_KEPT, .kept = "remark", .sparse = true, .max = 8),
    ROW_CHOICE(thing, colour, colours, .required = true),
    ROW_CHOICE(thing, fancy, modes, .shown = "mode"),
    ROW_BOOL(thing, open, .def = true),
    ROW_CHOICE(thing, reason, reasons, .nullable = true, .sparse = true),
    ROW_INT(thing, count, .required = true, .min = 1, .max = 10),
    ROW_INT(thing, offset),
    ROW_INT(thing, exit_code, .min = -1, .max = 255, .def = -1, .nullable = true),
    ROW_NUM(thing, ended_at, .nullable = true),
    ROW_STRINGS(thing, words, .required = true, .min = 1, .max = 3),
    ROW_MAP(thing, labels),
    ROW_OBJECT(thing, extra, item_rows, .nullable = true, .sparse = true),
    ROW_OBJECTS(thing, items, item_rows, .sparse = true),
    ROW_OTHER(thing, pair, .load = load_pair, .save = save_pair),
    ROW_STRUCT(thing, part, part_rows),
    RES_STR("where", .value = "here"),
    RES_INT("sum", .show = show_sum),
    ROW_END,
};

#define LEAST                                                                                      \
    "\"version\": 2, \"id\": \"t1\", \"colour\": \"green\", \"count\": 3, \"words\": [\"a\"], "    \
    "\"pair\": {\"a\": 4}"

static bool load_by(typeof(rows_load) *function, const char *text, struct thing *t,
                    struct pyro_error *err)
{
    scoped_json json_t *j = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);

    assert_non_null(j);
    *t = (struct thing){ 0 };
    return function(rows, j, t, err);
}

static bool load(const char *text, struct thing *t, struct pyro_error *err)
{
    return load_by(rows_load, text, t, err);
}

static void test_rows_load_takes_defaults_for_what_is_missing(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    struct thing t;

    assert_true(load("{" LEAST "}", &t, &err));
    assert_string_equal(t.id, "t1");
    assert_null(t.name);
    assert_int_equal(t.colour, GREEN);
    assert_true(t.open && !t.fancy);
    assert_null(t.reason);
    assert_int_equal(t.count, 3);
    assert_int_equal(t.exit_code, -1);
    assert_null(t.labels);
    assert_int_equal(t.pair.a, 4);
    rows_release(rows, &t);
    assert_null(t.words);
}

static void test_rows_load_passes_over_what_is_not_required(void **state UNUSED)
{
    struct thing t;

    assert_true(load("{" LEAST ", \"name\": \"NOT lower\", \"remark\": \"far too long\", "
                     "\"reason\": \"other\", \"exit_code\": 4096, \"open\": 1, \"offset\": -1, "
                     "\"labels\": {\"k\": 1}, \"extra\": [], \"items\": {}, \"ended_at\": \"x\", "
                     "\"part\": {\"size\": 3}}",
                     &t, NULL));
    assert_null(t.part.label);
    assert_null(t.name);
    assert_null(t.note);
    assert_null(t.reason);
    assert_int_equal(t.exit_code, -1);
    assert_true(t.open);
    assert_int_equal(t.offset, 0);
    assert_true(!t.labels && !t.extra && !t.items);
    assert_true(t.ended_at == 0);
    rows_release(rows, &t);
}

static void test_rows_load_names_what_is_not_sound(void **state UNUSED)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "{}", "'version' is missing" },
        { "{\"version\": 3}", "'version' is 3, not in 1 to 2" },
        { "{\"version\": 1, \"id\": 1}", "'id' is missing or not of type string" },
        { "{\"version\": 1, \"id\": \"toolong\"}", "'id' is over 4 bytes" },
        { "{\"version\": 1, \"id\": \"t1\", \"colour\": \"mauve\"}", "colour 'mauve' is unknown" },
        { "{\"version\": 1, \"id\": \"t1\", \"colour\": \"red\", \"count\": 11}",
          "'count' is 11, not in 1 to 10" },
        { "{\"version\": 1, \"id\": \"t1\", \"colour\": \"red\", \"count\": 1, \"words\": []}",
          "'words' has 0 items, not 1 to 3" },
        { "{\"version\": 1, \"id\": \"t1\", \"colour\": \"red\", \"count\": 1, \"words\": [1]}",
          "'words' is missing or not of type list of strings" },
        { "{\"version\": 1, \"id\": \"t1\", \"colour\": \"red\", \"count\": 1, \"words\": [\"a\"]}",
          "pair: 'a' is missing" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pyro_error err = { 0 };
        struct thing t;
        assert_false(load(cases[i].text, &t, &err));
        assert_int_equal(err.code, PYRO_RECORD_INVALID);
        if (!strstr(err.message, cases[i].says))
            fail_msg("%s: %s", cases[i].text, err.message);
        rows_release(rows, &t);
    }
}

static bool load_request(const char *text, struct thing *t, struct pyro_error *err)
{
    return load_by(rows_load_request, text, t, err);
}

static void test_rows_load_request_refuses_what_is_not_sound(void **state UNUSED)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        { "\"name\": 1", "'name' is missing or not of type string" },
        { "\"remark\": \"far too long\"", "'remark' is over 8 bytes" },
        { "\"reason\": \"other\"", "reason 'other' is unknown" },
        { "\"exit_code\": 4096", "'exit_code' is 4096" },
        { "\"open\": 1", "'open' is missing or not of type boolean" },
        { "\"labels\": {\"k\": 1}", "'labels' is missing or not of type object of strings" },
        { "\"ended_at\": []", "'ended_at' is missing or not of type number" },
        { "\"part\": []", "'part' is missing or not of type object" },
        { "\"part\": {\"size\": 3}", "part: 'label' is missing" },
        { "\"part\": {\"label\": \"l\", \"size\": 6}", "part: 'size' is 6" },
    };
    struct thing t;

    assert_true(load_request("{" LEAST ", \"name\": null, \"labels\": null}", &t, NULL));
    rows_release(rows, &t);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pyro_error err = { 0 };
        scoped_free char *text = str_printf("{" LEAST ", %s}", cases[i].text);
        assert_false(load_request(text, &t, &err));
        assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
        if (!strstr(err.message, cases[i].says))
            fail_msg("%s: %s", cases[i].text, err.message);
        rows_release(rows, &t);
    }
}

static void test_rows_save_and_load_agree(void **state UNUSED)
{
    static const char text[] =
        "{" LEAST ", \"name\": \"n\", \"remark\": \"r\", \"fancy\": true, \"open\": false, "
        "\"reason\": \"bored\", \"offset\": 9223372036854775807, \"exit_code\": 7, \"ended_at\": "
        "1.5, \"labels\": {\"k\": \"v\"}, \"extra\": {\"n\": 1}, \"items\": [{\"n\": 2}], "
        "\"part\": {\"label\": \"l\", \"size\": -5}}";
    scoped_json json_t *wanted = json_parse(text, strlen(text), JSON_BYTES_MAX, NULL);
    scoped_json json_t *saved = NULL;
    struct thing t;

    assert_true(load(text, &t, NULL));
    saved = rows_save(rows, &t);
    assert_true(json_equal(saved, wanted));
    rows_release(rows, &t);
}

static void test_rows_save_leaves_out_what_is_sparse(void **state UNUSED)
{
    scoped_json json_t *saved = NULL;
    struct thing t;

    assert_true(load("{" LEAST "}", &t, NULL));
    saved = rows_save(rows, &t);
    assert_null(json_object_get(saved, "remark"));
    assert_null(json_object_get(saved, "reason"));
    assert_null(json_object_get(saved, "extra"));
    assert_true(json_is_null(json_object_get(saved, "name")));
    assert_true(json_is_null(json_object_get(saved, "labels")));
    rows_release(rows, &t);
}

static void test_rows_view_is_as_declared(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    scoped_json json_t *view = NULL;
    struct thing t;

    assert_true(load("{" LEAST ", \"fancy\": true, \"part\": {\"label\": \"l\"}}", &t, NULL));
    view = rows_view(rows, &t);
    if (!check_result(rows, view, &err))
        fail_msg("%s", err.message);
    assert_string_equal(json_string_or(view, "thing_id", ""), "t1");
    assert_string_equal(json_string_or(view, "mode", ""), "fancy");
    assert_string_equal(json_string_or(view, "where", ""), "here");
    assert_int_equal(json_int_or(view, "sum", 0), 7);
    assert_int_equal(json_int_or(json_object_get(view, "part"), "size_bytes", -1), 0);
    assert_true(json_is_null(json_object_get(view, "exit_code")));
    assert_true(json_is_null(json_object_get(view, "ended_at")));
    assert_true(json_is_null(json_object_get(view, "extra")));
    assert_true(json_is_array(json_object_get(view, "items")));
    assert_true(json_is_object(json_object_get(view, "labels")));
    assert_null(json_object_get(view, "remark"));
    assert_null(json_object_get(view, "pair"));
    rows_release(rows, &t);
}

static void test_rows_find_knows_what_is_shown(void **state UNUSED)
{
    assert_non_null(rows_find(rows, "thing_id"));
    assert_null(rows_find(rows, "id"));
    assert_null(rows_find(rows, "remark"));
    assert_null(rows_find(NULL, "id"));
    assert_non_null(rows_find(rows, "sum"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_load_takes_defaults_for_what_is_missing),
        cmocka_unit_test(test_rows_load_passes_over_what_is_not_required),
        cmocka_unit_test(test_rows_load_names_what_is_not_sound),
        cmocka_unit_test(test_rows_load_request_refuses_what_is_not_sound),
        cmocka_unit_test(test_rows_save_and_load_agree),
        cmocka_unit_test(test_rows_save_leaves_out_what_is_sparse),
        cmocka_unit_test(test_rows_view_is_as_declared),
        cmocka_unit_test(test_rows_find_knows_what_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
