/* Arguments as JSON, against rows of every kind. */
#include "engine/cmd/json_args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "engine/cmd/json_schema.h"
#include "vmm/base/json.h"

struct sample_args {
    const char *workspace, *cwd, *mode;
    int64_t mem_mib, limit;
    bool keep;
    struct arg_list publish, env, command;
};

static const char *const modes[] = { "fast", "slow", NULL };

static bool check_short(const char *value, struct pyro_error *err)
{
    return strlen(value) < 4 || pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%s' is long", value);
}

static const struct arg_spec rows[] = {
    ARG_WORKSPACE(sample_args, workspace),
    ARG_STR(sample_args, cwd, .def_str = "/workspace", .help = "Directory"),
    ARG_CHOICE(sample_args, mode, .choices = modes, .def_str = "slow", .help = "Mode"),
    ARG_INT(sample_args, mem_mib, .min = 128, .max = 1024, .step = 128, .def = 256, .help = "MiB"),
    ARG_INT(sample_args, limit, .max = 9, .def = ARG_UNSET, .help = "Limit"),
    ARG_FLAG(sample_args, keep, .help = "Keep"),
    ARG_LIST(sample_args, publish, .check = check_short, .help = "Port"),
    ARG_LIST(sample_args, env, .pairs = true, .help = "Variable"),
    ARG_COMMAND(sample_args, command),
    ARG_END,
};

static const struct cmd_spec sample = { .path = "box exec",
                                        .args = rows,
                                        .args_size = sizeof(struct sample_args) };

static bool read_text(const char *text, struct json_args *ret, struct pyro_error *err)
{
    scoped_json json_t *j = json_loads(text, 0, NULL);

    assert_non_null(j);
    memset(err, 0, sizeof(*err));
    return json_args_read(ret, &sample, j, err);
}

static void test_json_args_read_fills_every_kind_of_row(void **state UNUSED)
{
    struct json_args a;
    struct pyro_error err;
    const struct sample_args *s = (const void *)a.args;

    assert_true(
        read_text("{\"workspace_id\": \"demo\", \"cwd\": \"/tmp\", \"mode\": \"fast\","
                  "\"mem_mib\": 512, \"limit\": null, \"keep\": true, \"publish\": [\"80\"],"
                  "\"env\": {\"A\": \"b=c\", \"B\": \"\"}, \"command\": [\"sh\", \"-c\"]}",
                  &a, &err));
    assert_string_equal(s->workspace, "demo");
    assert_string_equal(args_workspace(&sample, a.args), "demo");
    assert_string_equal(s->cwd, "/tmp");
    assert_string_equal(s->mode, "fast");
    assert_int_equal(s->mem_mib, 512);
    assert_int_equal(s->limit, ARG_UNSET);
    assert_true(s->keep);
    assert_int_equal(s->publish.count, 1);
    assert_int_equal(s->env.count, 2);
    assert_string_equal(s->env.items[0], "A=b=c");
    assert_string_equal(s->env.items[1], "B=");
    assert_int_equal(s->command.count, 2);
    assert_null(s->command.items[2]);
    json_args_release(&a);
}

static void test_json_args_read_leaves_defaults(void **state UNUSED)
{
    struct json_args a;
    struct pyro_error err;
    const struct sample_args *s = (const void *)a.args;

    assert_true(
        read_text("{\"workspace_id\": \"x\", \"command\": [\"a\"], \"keep\": false}", &a, &err));
    assert_string_equal(s->mode, "slow");
    assert_int_equal(s->mem_mib, 256);
    assert_int_equal(s->limit, ARG_UNSET);
    assert_false(s->keep);
    assert_int_equal(s->env.count, 0);
    json_args_release(&a);
}

static void test_json_args_read_refuses_what_the_rows_refuse(void **state UNUSED)
{
    static const struct {
        const char *text;
        enum pyro_code code;
        const char *message;
    } cases[] = {
        { "{}", PYRO_USAGE, "box exec: workspace_id is missing" },
        { "{\"workspace_id\": null, \"command\": [\"a\"]}", PYRO_USAGE,
          "box exec: workspace_id is missing" },
        { "{\"workspace_id\": \"x\"}", PYRO_USAGE, "box exec: command is missing" },
        { "{\"workspace_id\": \"x\", \"command\": []}", PYRO_INVALID_ARGUMENT,
          "box exec: command: is empty" },
        { "{\"command\": \"true\"}", PYRO_INVALID_ARGUMENT,
          "box exec: command: is not an array of strings" },
        { "{\"command\": [\"a\", 1]}", PYRO_INVALID_ARGUMENT,
          "box exec: command: is not an array of strings" },
        { "{\"workspace_id\": 1}", PYRO_INVALID_ARGUMENT,
          "box exec: workspace_id: is not a string" },
        { "{\"mem_mib\": 100}", PYRO_INVALID_ARGUMENT,
          "box exec: mem_mib: 100 is out of range: 128 to 1024" },
        { "{\"mem_mib\": 129}", PYRO_INVALID_ARGUMENT,
          "box exec: mem_mib: 129 is not a multiple of 128" },
        { "{\"mem_mib\": 256.0}", PYRO_INVALID_ARGUMENT,
          "box exec: mem_mib: is not a whole number" },
        { "{\"mem_mib\": \"256\"}", PYRO_INVALID_ARGUMENT,
          "box exec: mem_mib: is not a whole number" },
        { "{\"keep\": 1}", PYRO_INVALID_ARGUMENT, "box exec: keep: is not true or false" },
        { "{\"mode\": \"odd\"}", PYRO_INVALID_ARGUMENT,
          "box exec: mode: 'odd' is not one of: fast, slow" },
        { "{\"publish\": [\"80800\"]}", PYRO_INVALID_ARGUMENT,
          "box exec: publish: '80800' is long" },
        { "{\"env\": [\"A=b\"]}", PYRO_INVALID_ARGUMENT,
          "box exec: env: is not an object whose members are strings" },
        { "{\"env\": {\"A\": 1}}", PYRO_INVALID_ARGUMENT,
          "box exec: env: is not an object whose members are strings" },
        { "{\"env\": {\"A=B\": \"c\"}}", PYRO_INVALID_ARGUMENT,
          "box exec: env: a name in it has a '='" },
        { "{\"mem_mb\": 256}", PYRO_USAGE, "box exec: unknown argument 'mem_mb'" },
        { "[]", PYRO_INVALID_ARGUMENT, "box exec: the arguments are not an object" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct json_args a;
        struct pyro_error err;

        assert_false(read_text(cases[i].text, &a, &err));
        assert_string_equal(err.message, cases[i].message);
        assert_int_equal(err.code, cases[i].code);
        json_args_release(&a);
    }
}

static void test_json_args_read_names_what_was_meant(void **state UNUSED)
{
    struct json_args a;
    struct pyro_error err;

    assert_false(read_text("{\"mem_mb\": 256}", &a, &err));
    assert_string_equal(err.hint, "did you mean 'mem_mib'?");
    json_args_release(&a);
}

static void test_json_schema_of_args_says_what_is_checked(void **state UNUSED)
{
    scoped_json json_t *got = json_schema_of_args(&sample), *memory = NULL;
    const json_t *properties = json_object_get(got, "properties");

    memory = json_loads("{\"type\": \"integer\", \"minimum\": 128, \"maximum\": 1024,"
                        "\"multipleOf\": 128, \"default\": 256, \"description\": \"MiB\"}",
                        0, NULL);
    assert_true(json_equal(json_object_get(properties, "mem_mib"), memory));
    assert_int_equal(json_object_size(properties), 9);
    assert_int_equal(json_array_size(json_object_get(got, "required")), 2);
    assert_true(json_is_false(json_object_get(got, "additionalProperties")));
    assert_string_equal(json_string_or(json_object_get(properties, "env"), "type", ""), "object");
    assert_string_equal(json_string_or(json_object_get(properties, "command"), "type", ""),
                        "array");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_args_read_fills_every_kind_of_row),
        cmocka_unit_test(test_json_args_read_leaves_defaults),
        cmocka_unit_test(test_json_args_read_refuses_what_the_rows_refuse),
        cmocka_unit_test(test_json_args_read_names_what_was_meant),
        cmocka_unit_test(test_json_schema_of_args_says_what_is_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
