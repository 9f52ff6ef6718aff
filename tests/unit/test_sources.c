/* Which of the host's apt sources an environment is built from. */
#include "engine/environment/sources_image.h"

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

static void test_sources_part(void **state)
{
    static const char lines[] = "deb [arch=amd64 trusted=yes signed-by=/srv/key.gpg] "
                                "https://me:p%40ss%2Fw@m.example:8443/d "
                                "bookworm main\n"
                                "deb [trusted=yes] http://m.example/debian bookworm main contrib\n"
                                "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                                "http://m.example/x bookworm main\n"
                                "deb file:/srv/mirror bookworm main\n"
                                "deb [allow-insecure=yes] copy:/srv/mirror bookworm main\n"
                                "deb http://token@m.example/a@b bookworm main\n";
    static const char stanzas[] = "Types: deb\n"
                                  "URIs: https://me:pw@first.example/debian\n"
                                  " file:/srv/mirror https://second.example/\n"
                                  "Suites: bookworm\n"
                                  "Components: main\n"
                                  "Trusted: yes\n"
                                  "Signed-By: /srv/key.gpg\n"
                                  "Architectures: amd64\n"
                                  "\n"
                                  "types: deb\n"
                                  "uris: file:/srv/mirror\n"
                                  "suites: bookworm\n"
                                  "components: main\n"
                                  "\n"
                                  "Types: deb\n"
                                  "URIs: http://third.example\n"
                                  "Suites: bookworm\n"
                                  "Components: main\n"
                                  "Signed-By:\n"
                                  " -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
                                  " abc\n"
                                  "\n";
    struct sources host = { BUF_INIT(8192), BUF_INIT(8192) };
    struct sources_parts p;
    struct pyro_error err = { 0 };

    (void)state;
    assert_true(buf_append_str(&host.lines, lines) && buf_append_str(&host.stanzas, stanzas));
    assert_true(sources_part(&host, &p, &err));
    assert_string_equal(p.build.lines.data,
                        "deb [arch=amd64 trusted=yes signed-by=/srv/key.gpg] "
                        "https://m.example:8443/d bookworm main\n"
                        "deb [trusted=yes] http://m.example/debian bookworm main contrib\n"
                        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                        "http://m.example/x bookworm main\n"
                        "deb file:/srv/mirror bookworm main\n"
                        "deb [allow-insecure=yes] copy:/srv/mirror bookworm main\n"
                        "deb http://m.example/a@b bookworm main\n");
    assert_string_equal(p.image.lines.data,
                        "deb [arch=amd64] https://m.example:8443/d bookworm main\n"
                        "deb http://m.example/debian bookworm main contrib\n"
                        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                        "http://m.example/x bookworm main\n"
                        "deb http://m.example/a@b bookworm main\n");
    assert_string_equal(p.auth.data, "machine https://m.example:8443/d login me password p@ss/w\n"
                                     "machine http://m.example/a@b login token\n"
                                     "machine https://first.example/debian login me password pw\n");
    assert_null(strstr(p.build.stanzas.data, "pw@"));
    assert_non_null(strstr(p.build.stanzas.data, "Trusted: yes\nSigned-By: /srv/key.gpg\n"));
    assert_string_equal(p.image.stanzas.data, "Types: deb\n"
                                              "URIs: https://first.example/debian "
                                              "https://second.example/\n"
                                              "Suites: bookworm\n"
                                              "Components: main\n"
                                              "Architectures: amd64\n"
                                              "\n"
                                              "Types: deb\n"
                                              "URIs: http://third.example\n"
                                              "Suites: bookworm\n"
                                              "Components: main\n"
                                              "Signed-By:\n"
                                              " -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
                                              " abc\n"
                                              "\n");
    sources_parts_release(&p);
    buf_clear(&host.lines);
    assert_true(buf_append_str(&host.lines, "deb https://me:a%20b@m.example/ bookworm main\n"));
    assert_false(sources_part(&host, &p, &err));
    assert_non_null(strstr(err.message, "cannot hold"));
    assert_null(strstr(err.message, "a b"));
    sources_release(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources_take_lines),
        cmocka_unit_test(test_sources_take_stanzas),
        cmocka_unit_test(test_sources_read_without_any),
        cmocka_unit_test(test_sources_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
