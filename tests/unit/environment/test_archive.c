/* Which of several archives of one suite is Debian's, and what is said when none is. */
#include "engine/environment/archive.h"

#include <string.h>

#include "tests/unit/unit.h"

/* A host of Debian 12 with a browser's and a vendor's archives, asked for trixie. */
static const char host[] = "deb http://b.example/chrome/deb stable main\n"
                           "deb http://v.example/deb trixie main\n"
                           "deb http://m.example/debian/ bookworm main\n"
                           "deb http://m.example/debian/ bookworm-updates main\n"
                           "deb http://s.example/debian-security bookworm-security main\n";
#define BROWSER_SAID                                                                               \
    "Ign:1 http://b.example/chrome/deb trixie InRelease\n"                                         \
    "Err:2 http://b.example/chrome/deb trixie Release\n"                                           \
    "  404  Not Found [IP: 192.0.2.1 80]\n"
#define VENDOR "http://v.example/deb/ trixie trixie Vendor\n"
#define RELEASE "http://m.example/debian/ trixie trixie Debian\n"
#define UPDATES "http://m.example/debian/ trixie-updates trixie-updates Debian\n"
#define SECURITY "http://s.example/debian-security/ trixie-security trixie-security Debian\n"
#define NONE "none of the host's apt sources is Debian's"

static const struct select_row {
    const char *host, *suite, *releases, *said;
    const char *chosen;         /* on success */
    const char *message, *hint; /* else: what they have in them */
} rows[] = {
    { host, "trixie", VENDOR RELEASE UPDATES SECURITY, BROWSER_SAID,
      "deb http://m.example/debian/ trixie main\n"
      "deb http://m.example/debian/ trixie-updates main\n"
      "deb http://s.example/debian-security trixie-security main\n",
      NULL, NULL },
    /* The vendor's own keeps its name, and is not Debian's either. */
    { "deb http://v.example/deb bookworm main\ndeb http://m.example/debian bookworm main\n"
      "deb http://m.example/debian bookworm-backports main\n",
      "bookworm",
      "http://v.example/deb/ bookworm bookworm Vendor\n"
      "http://m.example/debian/ bookworm bookworm Debian\n"
      "http://m.example/debian/ bookworm-backports bookworm-backports Debian Backports\n",
      "",
      "deb http://m.example/debian bookworm main\n"
      "deb http://m.example/debian bookworm-backports main\n",
      NULL, NULL },
    /* The host's own source of the release is preferred, for what it has. */
    { "deb http://m.example/debian bookworm main\ndeb http://n.example/debian trixie main\n"
      "deb http://m.example/s bookworm-security main\n",
      "trixie",
      "http://m.example/debian/ trixie trixie Debian\n"
      "http://n.example/debian/ trixie trixie Debian\n"
      "http://m.example/s/ trixie-security trixie-security Debian\n",
      "", "deb http://n.example/debian trixie main\ndeb http://m.example/s trixie-security main\n",
      NULL, NULL },
    /* A mirror that is signed again, and nothing else. */
    { "deb [trusted=yes] http://m.example/d bookworm main\n", "bookworm",
      "http://m.example/d/ bookworm - . bookworm\n", "",
      "deb [trusted=yes] http://m.example/d bookworm main\n", NULL, NULL },
    { "deb http://m.example/ubuntu noble main\n", "trixie", "", "", NULL, NONE, "trixie" },
    { "", "bookworm", "", "", NULL, NONE, "bookworm" },
    /* The mirror has no such release; another that is there is nobody's. */
    { host, "trixie", VENDOR,
      BROWSER_SAID "Err:3 http://m.example/debian trixie Release\n"
                   "  404  Not Found [IP: 192.0.2.1 80]\n"
                   "E: The repository 'http://m.example/debian trixie Release' does not have a "
                   "Release file.\n",
      NULL, "there is no trixie at http://m.example/debian/", "add a source of Debian's trixie" },
    { "deb [trusted=yes] http://m.example/debian bookworm main\n", "trixie", "",
      "Ign:1 http://m.example/debian trixie InRelease\n"
      "Ign:2 http://m.example/debian trixie Release\nReading package lists...\n",
      NULL, "there is no trixie at http://m.example/debian", "add a source of Debian's trixie" },
    { "deb http://v.example/deb trixie main\ndeb http://m.example/debian bookworm main\n", "trixie",
      VENDOR "http://m.example/debian/ trixie bookworm Debian\n", "", NULL, "is not Debian's",
      "add a source" },
    /* Of all that was wrong the keys are told. */
    { host, "trixie", VENDOR,
      BROWSER_SAID "Err:3 http://m.example/debian trixie InRelease\n"
                   "  The following signatures couldn't be verified because the public key is not "
                   "available: NO_PUBKEY 6ED0E7B82643E131\n",
      NULL, "trixie of http://m.example/debian/: The following signatures",
      "debian-archive-keyring" },
    { host, "trixie", VENDOR,
      "Err:3 http://m.example/debian trixie InRelease\n"
      "  Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key "
      "4CB50190207B4758A3F73A796ED0E7B82643E131, which is needed to verify signature.\n",
      NULL, "Missing key", "debian-archive-keyring" },
    { host, "trixie", VENDOR,
      "E: The repository 'http://m.example/debian trixie Release' is not signed.\n", NULL,
      "is not signed", "debian-archive-keyring" },
    { host, "trixie", VENDOR,
      BROWSER_SAID "E: Release file for http://m.example/debian/dists/trixie/InRelease is expired "
                   "(invalid since 9d).\n",
      NULL, "is expired", "apt-get update" },
    { host, "trixie", "", "", NULL, "could not fetch or verify", "apt-get update" },
    /* Without the security updates that the host has there is no environment. */
    { host, "trixie", VENDOR RELEASE UPDATES,
      "Err:4 http://s.example/debian-security trixie-security InRelease\n"
      "  Could not connect to s.example:80\n",
      NULL, "trixie-security of http://s.example/debian-security: Could not connect",
      "check the network" },
};

static void test_archive_select(void **state)
{
    (void)state;
    for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
        const struct select_row *row = &rows[n];
        scoped_buf lines = BUF_INIT(16384), stanzas = BUF_INIT(16384);
        struct pyro_error err = { 0 };
        struct sources s;
        size_t before;

        sources_init(&s);
        assert_true(sources_take(&s, row->host, row->suite, false, &err));
        before = s.count;
        if (archive_select(&s, row->suite, row->releases, row->said, &err) != !!row->chosen)
            fail_msg("row %zu: %s", n, err.message);
        if (row->chosen) {
            assert_true(sources_print(&s, &lines, &stanzas, &err));
            assert_string_equal(lines.data, row->chosen);
        } else {
            assert_int_equal(err.code, PYRO_PULL_FAILED);
            assert_int_equal(s.count, before);
            if (!strstr(err.message, row->message) || !strstr(err.hint, row->hint))
                fail_msg("row %zu: %s (%s)", n, err.message, err.hint);
        }
        sources_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archive_select),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
