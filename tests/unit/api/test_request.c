/* What is a request, and what the error of one that is none may say. */
#include "engine/api/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/base/json.h"

static void test_api_request_parse_takes_calls_and_cancels(void **state UNUSED)
{
    struct api_request r;
    struct pyro_error err;
    const char *call = "{\"id\": \"a\", \"call\": \"run\", \"arguments\": {}, \"input\": \"in\","
                       "\"events\": false}";
    const char *cancel = "{\"cancel\": 7}";

    assert_true(api_request_parse(&r, call, strlen(call), &err));
    assert_string_equal(json_string_value(r.id), "a");
    assert_string_equal(r.call, "run");
    assert_true(json_is_object(r.arguments));
    assert_string_equal(r.input, "in");
    assert_int_equal(r.input_len, 2);
    assert_false(r.events);
    api_request_release(&r);
    assert_true(api_request_parse(&r, cancel, strlen(cancel), &err));
    assert_int_equal(json_integer_value(r.cancel), 7);
    api_request_release(&r);
}

static void test_api_request_parse_refuses_the_rest(void **state UNUSED)
{
    static const struct {
        const char *line, *message;
        int id;
    } cases[] = {
        { "", "the line is not valid JSON, nested at most 32 deep, without NUL", 0 },
        { "{\"id\": 1, \"input\": hunter2}",
          "the line is not valid JSON, nested at most 32 deep, without NUL", 1 },
        { "{\"a\": {\"id\": 2}, \"b\": \"\\\"id\\\": 3\", \"id\" : 4, \"c\": \"\\ud800\"}",
          "the line is not valid JSON, nested at most 32 deep, without NUL", 4 },
        { "{\"id\": [1], \"id\"}",
          "the line is not valid JSON, nested at most 32 deep, without NUL", 0 },
        { "{\"id\": 1, \"id\": 2}",
          "the line is not valid JSON, nested at most 32 deep, without NUL", 1 },
        { "{\"id\": 1, \"call\": \"a\\u0000b\"}",
          "the line is not valid JSON, nested at most 32 deep, without NUL", 1 },
        { "[{\"id\": 1, \"call\": \"run\"}]", "the request is not an object", 0 },
        { "3", "the line is not valid JSON, nested at most 32 deep, without NUL", 0 },
        { "{\"id\": null, \"call\": \"run\"}",
          "'id' of the request is not a string or a whole number", 0 },
        { "{\"id\": 1.5, \"call\": \"run\"}",
          "'id' of the request is not a string or a whole number", 0 },
        { "{\"call\": \"run\"}", "the request has no id", 0 },
        { "{\"id\": 1}", "the request names no call", 1 },
        { "{\"call\": 5, \"id\": 1}", "'call' of the request is not a string", 1 },
        { "{\"id\": 1, \"call\": \"run\", \"arguments\": []}",
          "'arguments' of the request is not an object", 1 },
        { "{\"id\": 1, \"call\": \"run\", \"arguments\": null}",
          "'arguments' of the request is not an object", 1 },
        { "{\"id\": 1, \"call\": \"run\", \"events\": 1}",
          "'events' of the request is not true or false", 1 },
        { "{\"id\": 1, \"call\": \"run\", \"inputs\": \"\"}", "a request has no member 'inputs'",
          1 },
        { "{\"id\": 1, \"cancel\": 1}", "'cancel' stands alone in a request", 1 },
        { "{\"cancel\": {}}", "'cancel' of the request is not a string or a whole number", 0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct api_request r;
        struct pyro_error err = { 0 };

        assert_false(api_request_parse(&r, cases[i].line, strlen(cases[i].line), &err));
        assert_string_equal(err.message, cases[i].message);
        assert_int_equal(err.code, PYRO_USAGE);
        assert_int_equal(json_integer_value(r.id), cases[i].id);
        api_request_release(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_api_request_parse_takes_calls_and_cancels),
        cmocka_unit_test(test_api_request_parse_refuses_the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
