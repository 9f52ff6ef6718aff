/* Which of the host's apt sources an environment may be built from, and what an image gets of them.
 */
#include "engine/environment/sources.h"

#include <string.h>

#include "engine/environment/sources_image.h"
#include "tests/unit/unit.h"
#include "vmm/base/fs.h"

/* What is taken of the text for the suite, written again: lines, then stanzas; the caller frees. */
static char *taken(const char *text, const char *suite, bool deb822)
{
    scoped_buf lines = BUF_INIT(16384), stanzas = BUF_INIT(16384);
    struct pyro_error err = { 0 };
    struct sources s;
    char *all;

    sources_init(&s);
    assert_true(sources_take(&s, text, suite, deb822, &err));
    assert_true(sources_print(&s, &lines, &stanzas, &err));
    all = str_printf("%s%s", lines.len ? lines.data : "", stanzas.len ? stanzas.data : "");
    sources_release(&s);
    return all;
}

static void test_sources_take_lines(void **state)
{
    static const struct line_row {
        const char *line, *wanted;
    } rows[] = {
        { "deb http://mirror.example/debian bookworm main",
          "deb http://mirror.example/debian bookworm main\n" },
        { "deb\thttp://mirror.example/debian\tbookworm-updates  main contrib",
          "deb http://mirror.example/debian bookworm-updates main contrib\n" },
        { "deb [signed-by=/a.gpg arch=amd64] http://m.example/debian bookworm main",
          "deb [signed-by=/a.gpg arch=amd64] http://m.example/debian bookworm main\n" },
        { "deb http://m.example/security bookworm-security main",
          "deb http://m.example/security bookworm-security main\n" },
        { "deb http://m.example/security bookworm/updates main",
          "deb http://m.example/security bookworm/updates main\n" },
        { "  deb http://m.example/debian bookworm-backports main",
          "deb http://m.example/debian bookworm-backports main\n" },
        { "# deb http://m.example/debian bookworm main", "" },
        { "deb-src http://m.example/debian bookworm main", "" },
        { "deb http://m.example/debian bookwormish main", "" },
        { "deb http://docker.example/linux/debian bookworm stable", "" },
        { "deb http://m.example/debian bookworm contrib", "" },
        { "deb cdrom:[Debian GNU/Linux 12]/ bookworm main", "" },
        { "deb [] [trusted=yes]http://m.example/debian bookworm main", "" },
        { "deb [unclosed http://m.example/debian bookworm main", "" },
        { "deb", "" },
        { "", "" },
        /* Another release of Debian's: its name is replaced, all else kept. */
        { "deb http://m.example/debian trixie main contrib",
          "deb http://m.example/debian bookworm main contrib\n" },
        { "deb [trusted=yes arch=amd64] https://m.example/debian trixie-updates main",
          "deb [trusted=yes arch=amd64] https://m.example/debian bookworm-updates main\n" },
        { "deb http://m.example/debian-security trixie-security main",
          "deb http://m.example/debian-security bookworm-security main\n" },
        { "deb http://m.example/debian stable main",
          "deb http://m.example/debian bookworm main\n" },
        { "deb http://m.example/s oldstable-security main",
          "deb http://m.example/s bookworm-security main\n" },
        { "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://m.example/d sid "
          "main",
          "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://m.example/d "
          "bookworm main\n" },
        { "deb [signed-by=/etc/apt/keyrings/browser.gpg] http://b.example/deb stable main", "" },
        { "deb http://m.example/debian trixie-backports main", "" },
        { "deb http://m.example/debian trixie-pgdg main", "" },
        { "deb http://m.example/ubuntu noble main", "" },
        { "deb http://m.example/debian trixieish main", "" },
        { "deb http://m.example/debian trixie contrib", "" },
    };

    (void)state;
    for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
        scoped_free char *got = taken(rows[n].line, "bookworm", false);
        assert_string_equal(got, rows[n].wanted);
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
                               " nosuch\n"
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
                               "Enabled: No\n"
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
    scoped_free char *got = taken(text, "bookworm", true);

    (void)state;
    assert_string_equal(got, "Types: deb deb-src\n"
                             "Components: main\n"
                             "URIs: http://first.example/debian\n"
                             "Suites: bookworm bookworm-updates\n"
                             "\n"
                             "types: deb\n"
                             "components: main contrib\n"
                             "Signed-By:\n"
                             " -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
                             " .\n"
                             " abc\n"
                             "URIs: http://second.example/debian\n"
                             "Suites: bookworm-security\n"
                             "\n");
}

static void test_sources_take_stanzas_of_another_release(void **state)
{
    static const char text[] =
        "Types: deb\n"
        "URIs: http://m.example/debian http://n.example/debian/\n"
        "Suites: bookworm bookworm-updates bookworm-backports\n"
        "Components: main non-free-firmware\n"
        "Architectures: amd64\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
        "\n"
        "Types: deb\n"
        "URIs: http://vendor.example/deb\n"
        "Suites: bookworm\n"
        "Components: main\n"
        "Signed-By: /etc/apt/keyrings/vendor.asc\n"
        "\n"
        /* What the host has itself goes before what is made of another release. */
        "Types: deb\n"
        "URIs: http://n.example/debian\n"
        "Suites: trixie\n"
        "Components: main\n"
        "Trusted: yes\n";
    scoped_free char *got = taken(text, "trixie", true);

    (void)state;
    assert_string_equal(got, "Types: deb\n"
                             "Components: main non-free-firmware\n"
                             "Architectures: amd64\n"
                             "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
                             "URIs: http://m.example/debian\n"
                             "Suites: trixie trixie-updates\n"
                             "\n"
                             "Types: deb\n"
                             "Components: main non-free-firmware\n"
                             "Architectures: amd64\n"
                             "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
                             "URIs: http://n.example/debian/\n"
                             "Suites: trixie-updates\n"
                             "\n"
                             "Types: deb\n"
                             "Components: main\n"
                             "Trusted: yes\n"
                             "URIs: http://n.example/debian\n"
                             "Suites: trixie\n"
                             "\n");
}

/* Takes the lines and the stanzas for bookworm. Release it. */
static struct sources take_both(const char *lines, const char *stanzas)
{
    struct pyro_error err = { 0 };
    struct sources s;

    sources_init(&s);
    assert_true(sources_take(&s, lines, "bookworm", false, &err));
    assert_true(sources_take(&s, stanzas, "bookworm", true, &err));
    return s;
}

static void test_sources_image(void **state)
{
    static const char lines[] = "deb [arch=amd64 trusted=yes signed-by=/srv/key.gpg] "
                                "https://me:p%40ss%2Fw@m.example:8443/d "
                                "bookworm main\n"
                                "deb [trusted=yes] http://m.example/debian bookworm main contrib\n"
                                "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.pgp] "
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
                                  "Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp\n"
                                  "\n"
                                  "Types: deb\n"
                                  "URIs: http://fourth.example\n"
                                  "Suites: bookworm\n"
                                  "Components: main\n"
                                  "Signed-By:\n"
                                  " -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
                                  " abc\n"
                                  "\n";
    scoped_buf got_lines = BUF_INIT(16384), got_stanzas = BUF_INIT(16384);
    struct sources s = take_both(lines, stanzas);
    struct pyro_error err = { 0 };

    (void)state;
    assert_true(sources_image(&s, &got_lines, &got_stanzas, &err));
    assert_string_equal(got_lines.data,
                        "deb [arch=amd64] https://m.example:8443/d bookworm main\n"
                        "deb http://m.example/debian bookworm main contrib\n"
                        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] "
                        "http://m.example/x bookworm main\n"
                        "deb http://m.example/a@b bookworm main\n");
    assert_string_equal(got_stanzas.data,
                        "Types: deb\n"
                        "Components: main\n"
                        "Architectures: amd64\n"
                        "URIs: https://first.example/debian\n"
                        "Suites: bookworm\n"
                        "\n"
                        "Types: deb\n"
                        "Components: main\n"
                        "Architectures: amd64\n"
                        "URIs: https://second.example/\n"
                        "Suites: bookworm\n"
                        "\n"
                        "Types: deb\n"
                        "Components: main\n"
                        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
                        "URIs: http://third.example\n"
                        "Suites: bookworm\n"
                        "\n"
                        "Types: deb\n"
                        "Components: main\n"
                        "Signed-By:\n"
                        " -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
                        " abc\n"
                        "URIs: http://fourth.example\n"
                        "Suites: bookworm\n"
                        "\n");
    sources_release(&s);
}

static void test_sources_passwords(void **state)
{
    static const char lines[] = "deb https://me:p%40ss%2Fw@m.example:8443/d bookworm main\n"
                                "deb http://token@m.example/a@b bookworm main\n";
    static const char stanza[] = "Types: deb\n"
                                 "URIs: https://me:pw@first.example/debian\n"
                                 "Suites: bookworm bookworm-updates\n"
                                 "Components: main\n"
                                 "Trusted: yes\n";
    scoped_buf got_lines = BUF_INIT(16384), got_stanzas = BUF_INIT(16384);
    struct sources s = take_both(lines, stanza);
    struct pyro_error err = { 0 };

    (void)state;
    assert_string_equal(s.auth.data, "machine https://m.example:8443/d login me password p@ss/w\n"
                                     "machine http://m.example/a@b login token\n"
                                     "machine https://first.example/debian login me password pw\n");
    assert_true(sources_print(&s, &got_lines, &got_stanzas, &err));
    assert_string_equal(got_lines.data, "deb https://m.example:8443/d bookworm main\n"
                                        "deb http://m.example/a@b bookworm main\n");
    assert_null(strstr(got_stanzas.data, "pw"));
    assert_non_null(strstr(got_stanzas.data, "Trusted: yes\n"));
    assert_false(sources_take(&s, "deb https://me:a%20b@m.example/ bookworm main\n", "bookworm",
                              false, &err));
    assert_non_null(strstr(err.message, "cannot hold"));
    assert_null(strstr(err.message, "a b"));
    sources_release(&s);
}

static void test_sources_take_too_many(void **state)
{
    scoped_buf text = BUF_INIT(65536);
    struct pyro_error err = { 0 };
    struct sources s;

    (void)state;
    for (int i = 0; i <= SOURCES_MAX; i++)
        assert_true(buf_printf(&text, "deb http://m%d.example/ bookworm main\n", i));
    sources_init(&s);
    assert_false(sources_take(&s, text.data, "bookworm", false, &err));
    assert_int_equal(s.count, SOURCES_MAX);
    sources_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources_take_lines),
        cmocka_unit_test(test_sources_take_stanzas),
        cmocka_unit_test(test_sources_take_stanzas_of_another_release),
        cmocka_unit_test(test_sources_image),
        cmocka_unit_test(test_sources_passwords),
        cmocka_unit_test(test_sources_take_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
