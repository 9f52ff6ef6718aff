/* tests/unit/service/test_readiness.c: what --ready-… flags are taken for. */
#include "tests/unit/unit.h"

#include <string.h>

#include "engine/service/service.h"

static const struct {
    const char *tcp, *http;
    const char *host, *path; /* host NULL: refused */
    int port;
} cases[] = {
    { .tcp = "127.0.0.1:80", .host = "127.0.0.1", .port = 80 },
    { .tcp = "127.9.8.7:65535", .host = "127.9.8.7", .port = 65535 },
    { .tcp = "localhost:1", .host = "localhost", .port = 1 },
    { .tcp = "[::1]:22", .host = "::1", .port = 22 },
    { .tcp = "127.0.0.1" },
    { .tcp = "127.0.0.1:" },
    { .tcp = "127.0.0.1:0" },
    { .tcp = "127.0.0.1:65536" },
    { .tcp = "127.0.0.1:80x" },
    { .tcp = "127.0.0.1:+80" },
    { .tcp = "10.0.0.1:80" },
    { .tcp = "0.0.0.0:80" },
    { .tcp = "[::2]:80" },
    { .tcp = "[::1" },
    { .tcp = "[]:80" },
    { .tcp = ":80" },
    { .tcp = "" },
    { .http = "http://localhost/", .host = "localhost", .port = 80, .path = "/" },
    { .http = "http://localhost", .host = "localhost", .port = 80, .path = "/" },
    { .http = "http://[::1]:8080/a?b#c", .host = "::1", .port = 8080, .path = "/a?b" },
    { .http = "http://127.0.0.1:99?x", .host = "127.0.0.1", .port = 99, .path = "/?x" },
    { .http = "https://localhost/" },
    { .http = "http://example.org/" },
    { .http = "http://localhost@example.org/" },
    { .http = "http://127.0.0.1.example.org/" },
    { .http = "http://localhost/a\r\nHost: x" },
    { .http = "http://localhost/a b" },
    { .http = "http://" },
};

static void test_service_readiness_parse(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct service_readiness r = { .tcp = cases[i].tcp, .http = cases[i].http };
        scoped_json json_t *j = NULL;
        struct pyro_error err = { 0 };
        bool ok = service_readiness_parse(&r, &j, &err);
        if (ok != (cases[i].host != NULL))
            fail_msg("case %zu: %s", i, ok ? "taken" : err.message);
        if (!ok)
            continue;
        assert_string_equal(json_string_or(j, "host", ""), cases[i].host);
        assert_int_equal(json_int_or(j, "port", 0), cases[i].port);
        assert_string_equal(json_string_or(j, "path", "-"), cases[i].path ? cases[i].path : "-");
    }
}

static void test_service_readiness_parse_at_most_one(void **state UNUSED)
{
    struct service_readiness both = { .file = "a", .command = "true" }, none = { 0 };
    json_t *j = NULL;
    struct pyro_error err = { 0 };

    assert_false(service_readiness_parse(&both, &j, &err));
    assert_int_equal(err.code, PYRO_USAGE);
    assert_true(service_readiness_parse(&none, &j, &err));
    assert_null(j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_service_readiness_parse),
        cmocka_unit_test(test_service_readiness_parse_at_most_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
