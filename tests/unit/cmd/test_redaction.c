/* What a command says of a workspace with secrets: every command of the table. */
#include "engine/cmd/redaction.h"

#include "tests/unit/unit.h"

#include <string.h>

#include "engine/cmd/io.h"
#include "engine/commands/table.h"

#define VALUE "tok-4f7a90c2"

static void hide(struct redaction *r)
{
    const struct buf value = { .data = (char *)(uintptr_t)VALUE, .len = strlen(VALUE) };

    *r = (struct redaction){ redactor_new(&value, 1) };
    assert_non_null(r->redactor);
}

/* A result with the value in every text that the rows allow. */
static json_t *fill(const struct row_spec *rows)
{
    json_t *o = json_object();

    for (const struct row_spec *row = rows_shown(rows); row; row = rows_shown(row + 1)) {
        json_t *v = row->type == ROW_TYPE_STR && !row->choices ? json_string("a " VALUE " b")
                    : row->type == ROW_TYPE_STR                ? json_string(row->choices[0])
                    : row->type == ROW_TYPE_OBJECT             ? fill(row->fields)
                    : row->type == ROW_TYPE_OBJECTS
                        ? json_pack("[o, o]", fill(row->fields), fill(row->fields))
                    : row->type == ROW_TYPE_STRINGS ? json_pack("[s, s]", VALUE, "b" VALUE)
                    : row->type == ROW_TYPE_MAP  ? json_pack("{s:s, s:s}", VALUE, "x", "k", VALUE)
                    : row->type == ROW_TYPE_ANY  ? json_pack("[{s:[s]}]", "k", VALUE)
                    : row->type == ROW_TYPE_BOOL ? json_true()
                                                 : json_integer(1);
        assert_non_null(v);
        json_object_set_new(o, row_shown_name(row), v);
    }
    return o;
}

static void test_no_result_of_any_command_has_a_value(void **state UNUSED)
{
    struct redaction r;

    hide(&r);
    for (const struct cmd_spec *const *c = cmd_table; *c; c++) {
        scoped_json json_t *result = (*c)->result ? fill((*c)->result) : json_object();
        scoped_free char *text = NULL;

        json_object_set_new(result, "undeclared", json_pack("{s:s}", "x", VALUE));
        redaction_result(&r, (*c)->result, result);
        text = json_compact(result);
        if (strstr(text, VALUE))
            fail_msg("'%s' shows it: %s", (*c)->path, text);
    }
    redaction_release(&r);
}

/* The command layer finds the workspace by its row: one that is called so, and is another kind of
 * row, would be a way round it. */
static void test_every_workspace_of_the_table_is_found(void **state UNUSED)
{
    unsigned found = 0;

    for (const struct cmd_spec *const *c = cmd_table; *c; c++)
        for (const struct arg_spec *a = (*c)->args; arg_more(a); a++) {
            bool named =
                strstr(a->name, "workspace") || (a->metavar && strstr(a->metavar, "WORKSPACE_ID"));
            /* Of several it shows records, which have no secrets. */
            if (!strcmp((*c)->path, "watch") || !strcmp((*c)->path, "workspace stats"))
                continue;
            if (named && (a->complete != COMPLETE_WORKSPACE || a->type != ARG_TYPE_STR))
                fail_msg("'%s': '%s' is no ARG_WORKSPACE", (*c)->path, a->name);
            found += a->complete == COMPLETE_WORKSPACE;
        }
    assert_true(found > 30);
}

static void test_a_cut_text_loses_the_beginning_of_a_value(void **state UNUSED)
{
    static const struct row_spec rows[] = { RES_STR("content", .cut_by = "truncated"),
                                            RES_BOOL("truncated"), ROW_END };
    scoped_json json_t *result =
        json_pack("{s:s, s:b}", "content", "a tok-4f7a", "truncated", true);
    struct redaction r;

    hide(&r);
    redaction_result(&r, rows, result);
    assert_string_equal(json_string_or(result, "content", ""), "a tok[REDACTED]");
    json_object_set_new(result, "content", json_string("a tok-4f7a"));
    json_object_set_new(result, "truncated", json_false());
    redaction_result(&r, rows, result);
    assert_string_equal(json_string_or(result, "content", ""), "a tok-4f7a");
    redaction_release(&r);
}

static void test_ids_of_our_own_stay(void **state UNUSED)
{
    static const struct row_spec rows[] = { RES_STR("workspace_id"), RES_STR("path"), ROW_END };
    const struct buf value = { .data = (char *)(uintptr_t)"6f", .len = 2 };
    struct redaction r = { redactor_new(&value, 1) };
    scoped_json json_t *result =
        json_pack("{s:s, s:s}", "workspace_id", "6f3a0c41d9be", "path", "6f3a0c41d9be");

    redaction_result(&r, rows, result);
    assert_string_equal(json_string_or(result, "workspace_id", ""), "6f3a0c41d9be");
    assert_string_equal(json_string_or(result, "path", ""), "[REDACTED]3a0c41d9be");
    json_object_set_new(result, "workspace_id", json_string("6f and more"));
    redaction_result(&r, rows, result);
    assert_string_equal(json_string_or(result, "workspace_id", ""), "[REDACTED] and more");
    redaction_release(&r);
}

/* Written in single bytes, with a summary and a warning after it. */
static void test_streams_summaries_and_warnings(void **state UNUSED)
{
    static const char text[] = "x " VALUE "\n";
    struct cmd_io io = { 0 };
    int out[2], err[2];
    char got[256];
    ssize_t n;

    assert_int_equal(pipe(out), 0);
    assert_int_equal(pipe(err), 0);
    io.out_fd = out[1], io.err_fd = err[1];
    hide(&io.redaction);
    for (int i = 0; i < 2; i++)
        redact_stream_init(&io.streams[i], io.redaction.redactor);
    for (size_t i = 0; text[i]; i++)
        assert_true(cmd_io_write(&io, false, text + i, 1, NULL));
    cmd_io_summary(&io, "t", (const struct summary_item[]){ { "k", "a" VALUE }, { NULL, NULL } });
    cmd_io_warn(&io, "no %s", VALUE);
    n = read(out[0], got, sizeof(got));
    assert_int_equal(n, strlen("x [REDACTED]\n"));
    assert_memory_equal(got, "x [REDACTED]\n", (size_t)n);
    n = read(err[0], got, sizeof(got) - 1);
    got[n > 0 ? n : 0] = '\0';
    assert_string_equal(got, "[t] k='a[REDACTED]'\npyro: no [REDACTED]\n");
    cmd_io_release(&io);
    for (int i = 0; i < 2; i++) {
        close(out[i]);
        close(err[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_result_of_any_command_has_a_value),
        cmocka_unit_test(test_every_workspace_of_the_table_is_found),
        cmocka_unit_test(test_a_cut_text_loses_the_beginning_of_a_value),
        cmocka_unit_test(test_ids_of_our_own_stay),
        cmocka_unit_test(test_streams_summaries_and_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
