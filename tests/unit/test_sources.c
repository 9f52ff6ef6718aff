/* Which of the host's apt sources an environment is built from. */
#include "engine/environment/sources.h"

#include <string.h>

#include "tests/unit/unit.h"

static void test_sources_take_lines(void **state)
{
    static const struct line_row {
        const char *line;
        bool wanted;
    } rows[] = {
        { "deb http://mirror.example/debian bookworm main", true },
        { "deb\thttp://mirror.example/debian\tbookworm-updates  main contrib", true },
        { "deb [signed-by=/a b.gpg arch=amd64] http://m.example/debian bookworm main", true },
        { "deb http://m.example/security bookworm-security main", true },
        { "deb http://m.example/security bookworm/updates main", true },
        { "  deb http://m.example/debian bookworm main", true },
        { "# deb http://m.example/debian bookworm main", false },
        { "deb-src http://m.example/debian bookworm main", false },
        { "deb http://m.example/debian trixie main", false },
        { "deb http://m.example/debian bookwormish main", false },
        { "deb http://docker.example/linux/debian bookworm stable", false },
        { "deb http://m.example/debian bookworm contrib", false },
        { "deb [unclosed http://m.example/debian bookworm main", false },
        { "deb", false },
        { "", false },
    };

    (void)state;
    for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
        struct sources s = { .lines = BUF_INIT(4096), .stanzas = BUF_INIT(4096) };
        struct pyro_error err = { 0 };
        assert_true(sources_take(&s, rows[n].line, "bookworm", false, &err));
        if ((s.lines.len > 0) != rows[n].wanted)
            fail_msg("'%s' was %s", rows[n].line, rows[n].wanted ? "left out" : "taken");
        if (rows[n].wanted)
            assert_non_null(strstr(s.lines.data, rows[n].line));
        assert_int_equal(s.stanzas.len, 0);
        sources_release(&s);
    }
}

static void test_sources_take_stanzas(void **state)
{
    static const char text[] = "# a comment\n"
                               "Types: deb deb-src\n"
                               "# another\n"
                               "URIs: http://first.example/debian\n"
                               "Suites: bookworm bookworm-updates\n"
                               "Components: main\n"
                               "\n"
                               "types: deb\n"
                               "uris: http://second.example/debian\n"
                               "suites:\n"
                               " trixie\n"
                               " bookworm-security\n"
                               "components: main contrib\n"
                               "Signed-By:\n"
                               " -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
                               " .\n"
                               " abc\n"
                               "   \n"
                               "Types: deb\n"
                               "URIs: http://third.example/debian\n"
                               "Suites: bookworm\n"
                               "Components: main\n"
                               "Enabled: no\n"
                               "\n"
                               "Types: deb\n"
                               "URIs: http://fourth.example\n"
                               "Suites: nodistro\n"
                               "Components: main\n"
                               "\n"
                               "Types: deb-src\n"
                               "URIs: http://fifth.example\n"
                               "Suites: bookworm\n"
                               "Components: main";
    struct sources s = { .lines = BUF_INIT(4096), .stanzas = BUF_INIT(4096) };
    struct pyro_error err = { 0 };

    (void)state;
    assert_true(sources_take(&s, text, "bookworm", true, &err));
    assert_non_null(strstr(s.stanzas.data, "first.example"));
    assert_non_null(strstr(s.stanzas.data, "second.example"));
    assert_non_null(strstr(s.stanzas.data, " abc\n"));
    assert_null(strstr(s.stanzas.data, "third.example"));
    assert_null(strstr(s.stanzas.data, "fourth.example"));
    assert_null(strstr(s.stanzas.data, "fifth.example"));
    assert_int_equal(s.lines.len, 0);
    sources_release(&s);
}

static void test_sources_read_without_any(void **state)
{
    struct pyro_error err = { 0 };
    struct sources s;

    (void)state;
    assert_false(sources_read("/nonexistent", "bookworm", &s, &err));
    assert_int_equal(err.code, PYRO_PULL_FAILED);
    assert_true(err.hint[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources_take_lines),
        cmocka_unit_test(test_sources_take_stanzas),
        cmocka_unit_test(test_sources_read_without_any),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
