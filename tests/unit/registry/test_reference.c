/* References: what they mean in full, and what is refused. */
#include "engine/registry/reference.h"

#include <string.h>

#include "tests/unit/unit.h"
#include "vmm/base/fs.h"

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NAME_50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NAME_250 NAME_50 NAME_50 NAME_50 NAME_50 NAME_50

static const struct {
    const char *text;
    const char *full; /* NULL: refused, with the error's text having … */
    const char *why;
} rows[] = {
    { "debian", "docker.io/library/debian:latest", NULL },
    { "debian:12-slim", "docker.io/library/debian:12-slim", NULL },
    { "docker.io/debian", "docker.io/library/debian:latest", NULL },
    { "index.docker.io/debian", "docker.io/library/debian:latest", NULL },
    { "bitnami/redis", "docker.io/bitnami/redis:latest", NULL },
    { "docker.io/library/python:3.12-slim", "docker.io/library/python:3.12-slim", NULL },
    { "ghcr.io/o/i@sha256:" HEX64, "ghcr.io/o/i@sha256:" HEX64, NULL },
    { "ghcr.io/o/i:v1@sha256:" HEX64, "ghcr.io/o/i:v1@sha256:" HEX64, NULL },
    { "x@sha512:" HEX64 HEX64, "docker.io/library/x@sha512:" HEX64 HEX64, NULL },
    { "127.0.0.1:5000/x", "127.0.0.1:5000/x:latest", NULL },
    { "127.0.0.1:5000/x:y", "127.0.0.1:5000/x:y", NULL },
    { "localhost/x", "localhost/x:latest", NULL },
    { "localhost:5000/a/b/c:d", "localhost:5000/a/b/c:d", NULL },
    { "[::1]:5000/x", "[::1]:5000/x:latest", NULL },
    { "Registry.Example.ORG/a/b", "registry.example.org/a/b:latest", NULL },
    { "a--b/c__d/e.f_g", "docker.io/a--b/c__d/e.f_g:latest", NULL },
    { "x:" NAME_50 NAME_50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "docker.io/library/x:" NAME_50 NAME_50 "aaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
    { "", NULL, "a name has" },
    { "/", NULL, "a name has" },
    { "Debian", NULL, "lower-case" },
    { "host.example/", NULL, "a name has" },
    { "host.example/a//b", NULL, "a name has" },
    { "a/../b", NULL, "a name has" },
    { "../b", NULL, "not a host" },
    { "a___b", NULL, "a name has" },
    { "a_-b", NULL, "a name has" },
    { "-a", NULL, "a name has" },
    { "a-", NULL, "a name has" },
    { "a b", NULL, "a name has" },
    { "a?x=y", NULL, "a name has" },
    { "http://host.example/a", NULL, "not a host" },
    { "user:pw@host.example/a", NULL, "sha256" },
    { "host.example:0/a", NULL, "not a host" },
    { "host.example:65536/a", NULL, "not a host" },
    { "host.example:/a", NULL, "not a host" },
    { "-host.example/a", NULL, "not a host" },
    { "host..example/a", NULL, "not a host" },
    { "[::1/a", NULL, "not a host" },
    { "x:", NULL, "a tag has" },
    { "x:.y", NULL, "a tag has" },
    { "x:y z", NULL, "a tag has" },
    { "x:" NAME_250, NULL, "a tag has" },
    { "x@sha256:" HEX64 "0", NULL, "sha256" },
    { "x@sha256:0123", NULL, "sha256" },
    { "x@md5:0123456789abcdef0123456789abcdef", NULL, "sha256" },
    { "x@sha256:../../../etc/passwd", NULL, "sha256" },
    { "x@", NULL, "sha256" },
    { NAME_250 "aaaaaa", NULL, "255" },
    { NAME_250, NULL, "255" }, /* with what goes before it */
    { NAME_250 NAME_250 NAME_50 NAME_50 NAME_50, NULL, "too long" },
};

static void test_reference_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char full[REFERENCE_SIZE] = "";
        struct reference r, again;
        struct pyro_error err = { 0 };
        bool ok = reference_parse(rows[i].text, &r, &err);
        if (ok)
            reference_write(&r, full);
        if (ok != !!rows[i].full || (ok && strcmp(full, rows[i].full) != 0) ||
            (!ok && (!strstr(err.message, rows[i].why) || err.code != PYRO_INVALID_ARGUMENT)))
            fail_msg("'%s': '%s' %s", rows[i].text, full, err.message);
        if (ok)
            assert_true(reference_parse(full, &again, &err) && !memcmp(&r, &again, sizeof(r)));
    }
}

static void test_reference_host_is_loopback(void **state)
{
    static const struct {
        const char *host;
        bool wanted;
    } hosts[] = { { "localhost", true },      { "localhost:5000", true },
                  { "127.0.0.1", true },      { "127.1.2.3:80", true },
                  { "[::1]:5000", true },     { "[::1]", true },
                  { "127.0.0.1.org", false }, { "localhost.org", false },
                  { "10.0.0.1:5000", false }, { "[::2]:5000", false },
                  { "127.example", false },   { "docker.io", false } };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++)
        if (reference_host_is_loopback(hosts[i].host) != hosts[i].wanted)
            fail_msg("%s", hosts[i].host);
}

static void test_reference_parse_host(void **state)
{
    char host[REFERENCE_NAME_MAX + 1];
    struct pyro_error err = { 0 };

    (void)state;
    assert_true(reference_parse_host("Index.docker.io", host, &err));
    assert_string_equal(host, "docker.io");
    assert_true(reference_parse_host("localhost:5000", host, &err));
    assert_string_equal(host, "localhost:5000");
    assert_false(reference_parse_host("https://ghcr.io", host, &err));
    assert_false(reference_parse_host("", host, &err));
    assert_false(reference_parse_host("a/b", host, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_parse),
        cmocka_unit_test(test_reference_host_is_loopback),
        cmocka_unit_test(test_reference_parse_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
