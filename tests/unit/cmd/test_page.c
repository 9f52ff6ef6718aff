/* Lists in parts. */
#include "engine/cmd/page.h"

#include "tests/unit/unit.h"

#include <string.h>

#include "vmm/base/json.h"

static char *cursor_of(const json_t *entry)
{
    return strdup(json_string_or(entry, "name", ""));
}

static bool is_after(const json_t *entry, const char *cursor)
{
    return strcmp(json_string_or(entry, "name", ""), cursor) > 0;
}

static bool check(const char *cursor, struct pyro_error *err)
{
    return strcmp(cursor, "?") != 0 || pyro_fail(err, PYRO_INVALID_ARGUMENT, "is not a cursor");
}

static const struct page_order order = { cursor_of, is_after, check };

/* Entries of one letter each. */
static json_t *list_of(const char *letters)
{
    json_t *list = json_array();

    for (; *letters; letters++)
        json_array_append_new(list, json_pack("{s:s%}", "name", letters, (size_t)1));
    return json_pack("{s:i, s:o}", "count", (int)json_array_size(list), "entries", list);
}

/* The letters of a part; *ret_cursor "" at the end. */
static void cut(const char *letters, int64_t limit, const char *cursor, const struct cmd_io *io,
                char ret[64], char ret_cursor[64])
{
    scoped_json json_t *result = list_of(letters);
    const struct page_args page = { limit, cursor };
    const json_t *list;
    size_t n;

    assert_true(page_cut(result, "entries", &page, &order, io, NULL));
    list = json_object_get(result, "entries");
    n = json_array_size(list);
    for (size_t i = 0; i < n; i++)
        ret[i] = json_string_or(json_array_get(list, i), "name", "?")[0];
    ret[n] = '\0';
    assert_int_equal(json_int_or(result, "count", -1), n);
    snprintf(ret_cursor, 64, "%s", json_string_or(result, "next_cursor", ""));
    assert_int_equal(json_bool_or(result, "truncated", !*ret_cursor), *ret_cursor != '\0');
}

static void test_page_cut_parts(void **state UNUSED)
{
    static const struct {
        const char *letters, *cursor, *part, *next;
        int64_t limit;
    } cases[] = {
        { "", NULL, "", "", 1 },
        { "abc", NULL, "abc", "", ARG_UNSET },
        { "abc", NULL, "abc", "", 3 },
        { "abc", NULL, "ab", "b", 2 },
        { "abc", "b", "c", "", 2 },
        { "abc", "c", "", "", 2 },
        { "abc", "a", "bc", "", ARG_UNSET },
        /* The last entry is gone, others came. */
        { "acd", "b", "c", "c", 1 },
        { "abbc", "b", "c", "", 5 },
    };
    struct cmd_io io = { 0 };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char part[64], next[64];

        cut(cases[i].letters, cases[i].limit, cases[i].cursor, &io, part, next);
        assert_string_equal(part, cases[i].part);
        assert_string_equal(next, cases[i].next);
    }
}

/* Its cursor would come back as [REDACTED]. */
static void test_page_cut_does_not_end_at_a_secret(void **state UNUSED)
{
    const struct buf values[] = { { .data = (char *)(uintptr_t)"b", .len = 1 },
                                  { .data = (char *)(uintptr_t)"c", .len = 1 } };
    struct cmd_io io = { .redaction = { redactor_new(values, 2) } };
    char part[64], next[64];

    cut("abcd", 3, NULL, &io, part, next);
    assert_string_equal(part, "a");
    assert_string_equal(next, "a");
    cut("abcde", 1, "a", &io, part, next); /* none would do: it is longer */
    assert_string_equal(part, "bcd");
    assert_string_equal(next, "d");
    cut("abc", 1, "a", &io, part, next);
    assert_string_equal(part, "bc");
    redaction_release(&io.redaction);
}

static void test_page_cut_refuses_what_is_no_cursor(void **state UNUSED)
{
    const struct page_args page = { ARG_UNSET, "?" };
    struct cmd_io io = { 0 };
    struct pyro_error err = { 0 };

    assert_null(page_cut(list_of("ab"), "entries", &page, &order, &io, &err));
    assert_string_equal(err.message, "--cursor: is not a cursor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page_cut_parts),
        cmocka_unit_test(test_page_cut_does_not_end_at_a_secret),
        cmocka_unit_test(test_page_cut_refuses_what_is_no_cursor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
