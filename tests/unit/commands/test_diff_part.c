/* Diffs in parts: joined they are the whole, whatever their size. */
#include "engine/commands/diff_part.h"

#include "tests/unit/unit.h"

#include <string.h>

#include "engine/cmd/spec.h"
#include "vmm/base/json.h"

#define FIRST "diff --git a/a b/a\n+one\n+two, which is longer\n"
#define LAST "diff --git a/c b/c\n+gr\xc3\xbc\xc3\x9f"

static json_t *make(const char *last)
{
    return json_pack("{s:[{s:s, s:s}, {s:s, s:n}, {s:s, s:s}]}", "entries", "path", "/workspace/a",
                     "text_patch", FIRST, "path", "/workspace/binary", "text_patch", "path",
                     "/workspace/c", "text_patch", last);
}

/* All parts of at most so many characters; returns how many parts. */
static int read_all(int64_t max_chars, const struct cmd_io *io, struct buf *patch,
                    size_t *ret_paths)
{
    char cursor[128] = "";
    int parts = 0;

    *ret_paths = 0;
    do {
        scoped_json json_t *diff = make(LAST);
        const struct diff_part_args part = { *cursor ? cursor : NULL, max_chars };
        const json_t *text, *entries;

        assert_true(diff_part_cut(diff, &part, io, NULL));
        text = json_object_get(diff, "patch");
        entries = json_object_get(diff, "entries");
        assert_true(json_array_size(entries) > 0);
        assert_true(buf_append(patch, json_string_value(text), json_string_length(text)));
        for (size_t i = 0; i < json_array_size(entries); i++)
            *ret_paths += !json_bool_or(json_array_get(entries, i), "cut", true);
        snprintf(cursor, sizeof(cursor), "%s", json_string_or(diff, "next_cursor", ""));
        assert_int_equal(*cursor != '\0', json_bool_or(diff, "truncated", false));
        parts++;
        assert_true(parts < 200);
    } while (*cursor);
    return parts;
}

static void test_parts_joined_are_the_whole(void **state UNUSED)
{
    const struct cmd_io io = { 0 };

    for (int64_t max = 1; max < 200; max++) {
        scoped_buf patch = BUF_INIT(4096);
        size_t paths;
        int parts = read_all(max, &io, &patch, &paths);

        assert_string_equal(patch.data, FIRST LAST);
        assert_int_equal(paths, 3);                      /* the end of each, once */
        assert_true(max < 111 ? parts > 1 : parts == 1); /* characters of all paths and patches */
    }
}

static void test_a_part_does_not_end_in_a_secret(void **state UNUSED)
{
    const struct buf value = { .data = (char *)(uintptr_t)"two, which", .len = 10 };
    const struct cmd_io io = { .redaction = { redactor_new(&value, 1) } };
    scoped_json json_t *diff = make(LAST);
    /* The path, and the first line and half the third; a line's end is found before that. */
    const struct diff_part_args part = { NULL, 12 + 30 };

    assert_true(diff_part_cut(diff, &part, &io, NULL));
    assert_string_equal(json_string_or(diff, "patch", ""), "diff --git a/a b/a\n+one\n");
    redactor_free(io.redaction.redactor);
}

static void test_what_has_changed_is_not_gone_on_with(void **state UNUSED)
{
    const struct cmd_io io = { 0 };
    scoped_json json_t *diff = make(LAST), *other = make("other");
    struct diff_part_args part = { NULL, 20 };
    struct pyro_error err = { 0 };
    char cursor[128];

    assert_true(diff_part_cut(diff, &part, &io, NULL));
    snprintf(cursor, sizeof(cursor), "%s", json_string_or(diff, "next_cursor", ""));
    part.cursor = cursor;
    assert_false(diff_part_cut(other, &part, &io, &err));
    assert_int_equal(err.code, PYRO_WORKSPACE_STATE);
    part.cursor = "seven";
    assert_false(diff_part_cut(other, &part, &io, &err));
    assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_joined_are_the_whole),
        cmocka_unit_test(test_a_part_does_not_end_in_a_secret),
        cmocka_unit_test(test_what_has_changed_is_not_gone_on_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
