/* tests/unit/base/test_inherit.c: what a program that is started has of this process's environment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vmm/base/cleanup.h"
#include "vmm/base/inherit.h"

extern char **environ;

static void set_variables(void)
{
    clearenv();
    setenv("PATH", "/bin", 1);
    setenv("HOME", "/home/p", 1);
    setenv("API_KEY", "canary", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "canary", 1);
    setenv("SSH_AUTH_SOCK", "canary", 1);
    setenv("PYRO_HOME", "/p", 1);
    setenv("PYRO_PROGRESS_FD", "3", 1);
    setenv("PYROX", "canary", 1);
    setenv("PATHS", "canary", 1);
    setenv("http_proxy", "proxy", 1);
    setenv("LC_ALL", "C", 1);
    setenv("TERM", "dumb", 1);
    setenv("USER", "p", 1);
}

static void test_environment_by_purpose(void **state UNUSED)
{
    static const struct {
        unsigned inherit;
        const char *wanted;
    } cases[] = {
        { INHERIT_NOTHING, "" },
        { INHERIT_DIRECTORY | INHERIT_UMASK, "" },
        { INHERIT_PYRO, "PATH=/bin HOME=/home/p PYRO_HOME=/p LC_ALL=C " },
        { INHERIT_PACKAGES, "PATH=/bin HOME=/home/p http_proxy=proxy " },
        { INHERIT_PERSON, "PATH=/bin HOME=/home/p LC_ALL=C USER=p " },
        { INHERIT_TERMINAL, "TERM=dumb " },
        { ~0u, "PATH=/bin HOME=/home/p PYRO_HOME=/p http_proxy=proxy LC_ALL=C TERM=dumb USER=p " },
    };

    set_variables();
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_free const char **e = inherit_environment(cases[i].inherit, NULL);
        char text[512] = "";
        size_t n = 0;
        assert_non_null(e);
        for (size_t k = 0; e[k]; k++)
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s ", e[k]);
        assert_string_equal(text, cases[i].wanted);
    }
}

static void test_environment_set_wins(void **state UNUSED)
{
    static const char *const set[] = { "TMPDIR=/t", "PATH=/mine", NULL };
    scoped_free const char **e = NULL;

    set_variables();
    e = inherit_environment(INHERIT_PACKAGES, set);
    assert_non_null(e);
    assert_string_equal(e[0], "TMPDIR=/t");
    assert_string_equal(e[1], "PATH=/mine");
    assert_string_equal(e[2], "HOME=/home/p");
    assert_string_equal(e[3], "http_proxy=proxy");
    assert_null(e[4]);
}

static void test_wipe_environment(void **state UNUSED)
{
    const char *kept;

    set_variables();
    kept = getenv("API_KEY");
    inherit_wipe_environment();
    assert_null(getenv("API_KEY"));
    assert_string_equal(kept, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_environment_by_purpose),
        cmocka_unit_test(test_environment_set_wins),
        cmocka_unit_test(test_wipe_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
