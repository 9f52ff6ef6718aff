/* Command lines against a table of their own kind: the real one grows, its first commands stay. */
#include "engine/cmd/argv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "engine/cmd/spec.h"

struct sample_args {
    const char *workspace, *cwd, *mode;
    int64_t timeout_seconds, mem_mib;
    bool keep;
    struct arg_list label, command;
};

static const char *const modes[] = { "fast", "slow", NULL };

static int64_t sample_max(void)
{
    return 1024;
}

static const struct arg_spec sample_rows[] = {
    ARG_WORKSPACE(sample_args, workspace),
    ARG_STR(sample_args, cwd, .def_str = "/workspace", .help = "Directory"),
    ARG_CHOICE(sample_args, mode, .choices = modes, .def_str = "slow", .help = "Mode"),
    ARG_INT(sample_args, timeout_seconds, .max = 600, .def = 30, .help = "Time"),
    ARG_INT(sample_args, mem_mib, .min = 128, .max_of = sample_max, .step = 128, .def = 256,
            .help = "Memory"),
    ARG_FLAG(sample_args, keep, .help = "Keep"),
    ARG_LIST(sample_args, label, .help = "Label"),
    ARG_COMMAND(sample_args, command),
    ARG_END,
};

/* One whose fields own their values, as those of requests do. */
struct part {
    char *title;
    int64_t delay_ms;
    bool loud;
    json_t *words, *pairs;
};
struct owned_args {
    const char *workspace;
    struct part part;
};

static bool take_pair(void *field, const char *value, struct pyro_error *err)
{
    json_t **pairs = field;
    const char *equals = strchr(value, '=');

    if (!equals)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "it is not a pair");
    if (!*pairs)
        *pairs = json_object();
    json_object_set_new(*pairs, value, json_string(equals + 1));
    return true;
}

static const struct arg_spec owned_rows[] = {
    ARG_WORKSPACE(owned_args, workspace),
    ARG_OWNED(STR, title, owned_args, part.title, .def_str = "untitled", .help = "Title"),
    ARG_OWNED(INT, delay_seconds, owned_args, part.delay_ms, .scale = 1000, .max = 9, .def = 3,
              .help = "Delay"),
    ARG_OWNED(FLAG, loud, owned_args, part.loud, .help = "Loud"),
    ARG_OWNED(LIST, pair, owned_args, part.pairs, .take = take_pair, .max = 2, .help = "Pair"),
    ARG_OWNED(COMMAND, command, owned_args, part.words, .help = "Command"),
    ARG_END,
};

static const struct arg_spec word_rows[] = {
    ARG_WORKSPACE(sample_args, workspace),
    ARG_WORD(sample_args, cwd, .optional = true, .help = "Path"),
    ARG_STR(sample_args, mode, .required = true, .help = "Mode"),
    ARG_END,
};

static const struct cmd_spec sample = { .path = "box exec",
                                        .example = "pyro box exec a -- true",
                                        .args = sample_rows,
                                        .args_size = sizeof(struct sample_args) };
static const struct cmd_spec word = { .path = "box word",
                                      .args = word_rows,
                                      .args_size = sizeof(struct sample_args) };
static const struct cmd_spec owned = { .path = "box owned",
                                       .example = "pyro box owned a -- true",
                                       .args = owned_rows,
                                       .args_size = sizeof(struct owned_args) };
static const struct cmd_spec hidden = { .path = "__hidden", .traits = CMD_HIDDEN };
static const struct cmd_spec plain = { .path = "plain" };

const struct cmd_spec *const cmd_table[] = { &hidden, &sample, &word, &owned, &plain, NULL };
const struct cmd_group cmd_groups[] = { { "box", "Boxes", "pyro box exec a -- true" },
                                        { NULL, NULL, NULL } };
const struct cmd_topic cmd_topics[] = { { "agents", "A topic", NULL, NULL },
                                        { NULL, NULL, NULL, NULL } };

#define WORDS_MAX 32

/* Splits at spaces; '_' in a word means a space. */
static bool parse(const char *text, struct cmd_line *line, struct pyro_error *err)
{
    static char copy[512];
    const char *argv[WORDS_MAX] = { "pyro" };
    int argc = 1;
    char *at = copy;

    snprintf(copy, sizeof(copy), "%s", text);
    memset(err, 0, sizeof(*err));
    while (*at && argc < WORDS_MAX - 1) {
        argv[argc++] = at;
        at += strcspn(at, " ");
        if (*at)
            *at++ = '\0';
    }
    for (char *c = copy; c < at; c++)
        if (*c == '_' && c[1] != '_' && (c == copy || c[-1] != '_'))
            *c = ' ';
    return cmd_line_parse(line, argc, argv, err);
}

static void test_parse_good(void **state UNUSED)
{
    struct cmd_line line;
    struct pyro_error err;
    const struct sample_args *a = (const struct sample_args *)(const void *)line.args;

    assert_true(parse("box --json exec w --label a=1 --keep --label=b=2 --mode fast --cwd= "
                      "--timeout-seconds 0 -- sh -lc a_b --",
                      &line, &err));
    assert_ptr_equal(line.cmd, &sample);
    assert_true(line.json);
    assert_string_equal(a->workspace, "w");
    assert_string_equal(a->cwd, "");
    assert_string_equal(a->mode, "fast");
    assert_int_equal(a->timeout_seconds, 0);
    assert_int_equal(a->mem_mib, 256);
    assert_true(a->keep);
    assert_int_equal(a->label.count, 2);
    assert_string_equal(a->label.items[1], "b=2");
    assert_int_equal(a->command.count, 4);
    assert_string_equal(a->command.items[2], "a b");
    assert_string_equal(a->command.items[3], "--");
    assert_null(a->command.items[4]);
    cmd_line_release(&line);
}

static void test_parse_into_fields_that_own(void **state UNUSED)
{
    static const struct {
        const char *line, *says;
    } bad[] = {
        { "box owned w --pair x -- y", "box owned: --pair: it is not a pair" },
        { "box owned w --pair a=1 --pair b=2 --pair c=3 -- y", "given more than 2 times" },
        { "box owned w --delay-seconds 10 -- y", "10 is out of range: 0 to 9" },
        { "box owned w --title \xff -- y", "box owned: --title: it is not UTF-8" },
        { "box owned w -- y \xff", "box owned: the command: word 2 is not UTF-8" },
    };
    struct cmd_line line;
    struct pyro_error err;
    const struct owned_args *a = (const struct owned_args *)(const void *)line.args;

    assert_true(parse("box owned w -- x", &line, &err));
    assert_string_equal(a->part.title, "untitled");
    assert_int_equal(a->part.delay_ms, 3000);
    assert_true(!a->part.loud && !a->part.pairs);
    cmd_line_release(&line);
    assert_true(parse("box owned w --title one --title two --delay-seconds 9 --loud --pair a=1 "
                      "--pair b=2 -- sh -c a_b",
                      &line, &err));
    assert_string_equal(a->part.title, "two");
    assert_int_equal(a->part.delay_ms, 9000);
    assert_true(a->part.loud);
    assert_int_equal(json_object_size(a->part.pairs), 2);
    assert_int_equal(json_array_size(a->part.words), 3);
    assert_string_equal(json_string_value(json_array_get(a->part.words, 2)), "a b");
    cmd_line_release(&line);
    assert_null(a->part.title);
    assert_null(a->part.words);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_false(parse(bad[i].line, &line, &err));
        assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
        if (!strstr(err.message, bad[i].says))
            fail_msg("%s: %s", bad[i].line, err.message);
        cmd_line_release(&line);
    }
}

static void test_parse_defaults(void **state UNUSED)
{
    struct cmd_line line;
    struct pyro_error err;
    const struct sample_args *a = (const struct sample_args *)(const void *)line.args;

    assert_true(parse("box exec w -- x", &line, &err));
    assert_false(line.json);
    assert_string_equal(a->cwd, "/workspace");
    assert_string_equal(a->mode, "slow");
    assert_int_equal(a->timeout_seconds, 30);
    assert_false(a->keep);
    assert_int_equal(a->label.count, 0);
    cmd_line_release(&line);
}

static void test_parse_json_after_dashes_is_the_commands(void **state UNUSED)
{
    struct cmd_line line;
    struct pyro_error err;

    assert_true(parse("box exec w -- x --json --help", &line, &err));
    assert_false(line.json);
    assert_false(line.help);
    cmd_line_release(&line);
}

static void test_parse_positionals_after_dashes(void **state UNUSED)
{
    struct cmd_line line;
    struct pyro_error err;
    const struct sample_args *a = (const struct sample_args *)(const void *)line.args;

    assert_true(parse("box word --mode --json w -- -path", &line, &err));
    assert_string_equal(a->cwd, "-path");
    assert_string_equal(a->mode, "--json");
    assert_false(line.json);
    cmd_line_release(&line);
}

static void test_parse_help_of_a_topic(void **state UNUSED)
{
    struct cmd_line line;
    struct pyro_error err;

    assert_true(parse("help agents --json", &line, &err));
    assert_true(line.help && line.json && line.topic == &cmd_topics[0] && !line.cmd);
    assert_true(parse("help help", &line, &err));
    assert_true(line.help && !line.topic && !line.cmd);
    assert_false(parse("help agents box", &line, &err));
    assert_string_equal(err.message, "unexpected argument 'box'");
    assert_false(parse("agents", &line, &err));
    assert_string_equal(err.hint, "see 'pyro help agents'");
    assert_true(parse("box exec agents -- x", &line, &err));
    assert_false(line.help || line.topic);
    cmd_line_release(&line);
}

static void test_parse_help(void **state UNUSED)
{
    static const struct {
        const char *text;
        const struct cmd_spec *cmd;
        const char *group;
    } cases[] = {
        { "--help", NULL, NULL },
        { "-h", NULL, NULL },
        { "help", NULL, NULL },
        { "box --help", NULL, "box" },
        { "help box exec", &sample, NULL },
        { "box exec -h", &sample, NULL },
        { "box exec w -h -- x", &sample, NULL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct cmd_line line;
        struct pyro_error err;

        assert_true(parse(cases[i].text, &line, &err));
        assert_true(line.help);
        assert_ptr_equal(line.cmd, cases[i].cmd);
        assert_string_equal(line.group ? line.group->path : "",
                            cases[i].group ? cases[i].group : "");
        cmd_line_release(&line);
    }
}

static void test_parse_bad(void **state UNUSED)
{
    static const struct {
        const char *text, *message, *hint;
        enum pyro_code code;
    } cases[] = {
        { "", "a command is missing", "see 'pyro --help'", PYRO_USAGE },
        { "box", "box: a command is missing", "see 'pyro box --help'", PYRO_USAGE },
        { "plian", "unknown command 'plian'", "did you mean 'plain'?", PYRO_USAGE },
        { "box exce", "box: unknown command 'exce'", "did you mean 'box exec'?", PYRO_USAGE },
        { "_hidde", "unknown command ' hidde'", "see 'pyro --help'", PYRO_USAGE },
        { "--jsn plain", "unknown option '--jsn' before the command", "see 'pyro --help'",
          PYRO_USAGE },
        { "plain x", "plain: unexpected argument 'x'", "see 'pyro plain --help'", PYRO_USAGE },
        { "box exec w --timeout-second=3 -- x", "box exec: unknown option '--timeout-second'",
          "did you mean '--timeout-seconds'?", PYRO_USAGE },
        { "box exec w -x -- x", "box exec: unknown option '-x'",
          "words of the command to run go after '--'", PYRO_USAGE },
        { "box exec w ls -la a_b", "box exec: '--' is missing before the command 'ls'",
          "type: pyro box exec w -- ls -la 'a b'", PYRO_USAGE },
        { "box exec w", "box exec: the command to run is missing",
          "give it after '--', for example: pyro box exec a -- true", PYRO_USAGE },
        { "box exec w --", "box exec: the command to run is missing",
          "give it after '--', for example: pyro box exec a -- true", PYRO_USAGE },
        { "box exec -- x", "box exec: WORKSPACE_ID is missing", "see 'pyro box exec --help'",
          PYRO_USAGE },
        { "box word w", "box word: --mode is missing", "see 'pyro box word --help'", PYRO_USAGE },
        { "box word w --mode", "box word: --mode needs a value", "see 'pyro box word --help'",
          PYRO_USAGE },
        { "box exec w --keep=1 -- x", "box exec: --keep takes no value",
          "see 'pyro box exec --help'", PYRO_USAGE },
        { "box exec w --mode quick -- x", "box exec: --mode: 'quick' is not one of: fast, slow",
          "see 'pyro box exec --help'", PYRO_INVALID_ARGUMENT },
        { "box exec w --timeout-seconds 601 -- x",
          "box exec: --timeout-seconds: 601 is out of range: 0 to 600",
          "see 'pyro box exec --help'", PYRO_INVALID_ARGUMENT },
        { "box exec w --timeout-seconds -1 -- x",
          "box exec: --timeout-seconds: -1 is out of range: 0 to 600", "see 'pyro box exec --help'",
          PYRO_INVALID_ARGUMENT },
        { "box exec w --timeout-seconds 99999999999999999999 -- x",
          "box exec: --timeout-seconds: 99999999999999999999 is out of range: 0 to 600",
          "see 'pyro box exec --help'", PYRO_INVALID_ARGUMENT },
        { "box exec w --timeout-seconds 3s -- x",
          "box exec: --timeout-seconds: '3s' is not a whole number", "see 'pyro box exec --help'",
          PYRO_INVALID_ARGUMENT },
        { "box exec w --timeout-seconds= -- x",
          "box exec: --timeout-seconds: '' is not a whole number", "see 'pyro box exec --help'",
          PYRO_INVALID_ARGUMENT },
        { "box exec w --mem-mib 2048 -- x",
          "box exec: --mem-mib: 2048 is out of range: 128 to 1024", "see 'pyro box exec --help'",
          PYRO_INVALID_ARGUMENT },
        { "box exec w --mem-mib 200 -- x", "box exec: --mem-mib: 200 is not a multiple of 128",
          "see 'pyro box exec --help'", PYRO_INVALID_ARGUMENT },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct cmd_line line;
        struct pyro_error err;

        assert_false(parse(cases[i].text, &line, &err));
        assert_string_equal(err.message, cases[i].message);
        assert_string_equal(pyro_error_hint(&err), cases[i].hint);
        assert_int_equal(err.code, cases[i].code);
        cmd_line_release(&line);
    }
}

/* The form of the error is known even when --json stands behind what is wrong. */
static void test_parse_bad_tells_json(void **state UNUSED)
{
    static const struct {
        const char *text;
        bool json;
    } cases[] = { { "plian --json", true },
                  { "--json plian", true },
                  { "box exec w --bad --json -- x", true },
                  { "box exec w --bad -- --json", false } };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct cmd_line line;
        struct pyro_error err;

        assert_false(parse(cases[i].text, &line, &err));
        assert_int_equal(line.json, cases[i].json);
        cmd_line_release(&line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_good),
        cmocka_unit_test(test_parse_into_fields_that_own),
        cmocka_unit_test(test_parse_defaults),
        cmocka_unit_test(test_parse_json_after_dashes_is_the_commands),
        cmocka_unit_test(test_parse_positionals_after_dashes),
        cmocka_unit_test(test_parse_help),
        cmocka_unit_test(test_parse_help_of_a_topic),
        cmocka_unit_test(test_parse_bad),
        cmocka_unit_test(test_parse_bad_tells_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
