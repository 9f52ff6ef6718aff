/* Where URLs lead, and which hosts belong together. */
#include "engine/fetch/place.h"

#include <string.h>

#include "tests/unit/unit.h"

static void test_place_of(void **state)
{
    static const struct {
        const char *url, *host; /* NULL: refused */
        int port;
        bool is_plain;
    } rows[] = {
        { "https://Registry.Example", "registry.example", 443, false },
        { "http://127.0.0.1:5000/v2/", "127.0.0.1", 5000, true },
        { "https://[::1]:5000/x", "::1", 5000, false },
        { "http://0x7f000001/", "127.0.0.1", 80, true }, /* as libcurl reads it */
        { "https://host.example:0/", NULL, 0, false },
        { "https://user:pw@host.example/", NULL, 0, false },
        { "https://host.example\\@evil.example/", NULL, 0, false },
        { "ftp://host.example/", NULL, 0, false },
        { "file:///etc/passwd", NULL, 0, false },
        { "https://", NULL, 0, false },
        { "https://a b/", NULL, 0, false },
        { "https://host.example/\r\nX: y", NULL, 0, false },
        { "//host.example/", NULL, 0, false },
        { "", NULL, 0, false },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct place p = { 0 };
        bool ok = place_of(rows[i].url, &p, NULL);
        if (ok != !!rows[i].host ||
            (ok && (strcmp(p.host, rows[i].host) != 0 || p.port != rows[i].port ||
                    p.is_plain != rows[i].is_plain)))
            fail_msg("'%s': '%s' %d", rows[i].url, p.host, p.port);
    }
}

static void test_place_join(void **state)
{
    static const struct {
        const char *location, *whole;
    } rows[] = {
        { "/b?x=1", "https://a.example/b?x=1" },
        { "b", "https://a.example/v2/b" },
        { "http://c.example/d#e", "http://c.example/d" },
        { "//c.example/d", "https://c.example/d" },
        { "a b", NULL },
        { "/\n", NULL },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        scoped_free char *whole = place_join("https://a.example/v2/x", rows[i].location, NULL);
        if (!whole != !rows[i].whole || (whole && strcmp(whole, rows[i].whole) != 0))
            fail_msg("'%s': '%s'", rows[i].location, whole ? whole : "");
    }
}

static void test_place_is_related(void **state)
{
    static const struct {
        const char *a, *b;
        bool wanted;
    } rows[] = {
        { "ghcr.io", "ghcr.io", true },
        { "registry.gitlab.example", "gitlab.example", true },
        { "gitlab.example", "auth.gitlab.example", true },
        { "a.example", "b.example", false },
        { "xghcr.io", "ghcr.io", false },
        { "registry.io", "io", false },
        { "127.0.0.1", "127.0.0.1", true },
        { "1.127.0.0.1", "127.0.0.1", false },
        { "10.0.0.1", "0.0.1", false },
        { "localhost", "127.0.0.1", false },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        if (place_is_related(rows[i].a, rows[i].b) != rows[i].wanted ||
            place_is_related(rows[i].b, rows[i].a) != rows[i].wanted)
            fail_msg("%s %s", rows[i].a, rows[i].b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_place_of),
        cmocka_unit_test(test_place_join),
        cmocka_unit_test(test_place_is_related),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
