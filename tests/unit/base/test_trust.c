/* Whose directories are relied on. */
#include "vmm/base/trust.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "vmm/base/fs.h"

static char home[512];

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(home, sizeof(home), "%s/pyro-trust-XXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(home) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return fs_remove_tree(AT_FDCWD, home, NULL) ? 0 : -1;
}

static char *below(const char *name)
{
    return str_printf("%s/%s", home, name);
}

static void make(const char *name, mode_t mode)
{
    scoped_free char *path = below(name);

    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void link_to(const char *target, const char *name)
{
    scoped_free char *path = below(name);

    assert_int_equal(symlink(target, path), 0);
}

static void refused(const char *name, const char *says)
{
    scoped_free char *path = below(name);
    struct pyro_error err = { 0 };

    if (trust_check(path, &err))
        fail_msg("'%s' is relied on", name);
    assert_int_equal(err.code, PYRO_PERMISSION);
    if (!strstr(err.message, says))
        fail_msg("%s", err.message);
    assert_true(err.hint[0] != '\0');
}

static void fine(const char *name)
{
    scoped_free char *path = below(name);
    struct pyro_error err = { 0 };

    if (!trust_check(path, &err))
        fail_msg("%s", err.message);
}

static void test_own_directories_are_fine(void **state)
{
    (void)state;
    make("a", 0700);
    make("a/b", 0755);
    make("a/sticky", 01777);
    make("a/sticky/own", 0700);
    make("a/group", 0770);
    fine("a/b/");
    fine("a//b/not/there/yet");
    fine("a/./b/../b");
    fine("a/sticky/own");
    fine("a/group");
}

static void test_modes(void **state)
{
    (void)state;
    make("open", 0777);
    make("open/own", 0700);
    refused("open", "everyone");
    refused("open/own", "everyone");
    refused("open/not/there", "everyone");
}

static void test_links_lead_through_what_they_name(void **state)
{
    scoped_free char *absolute = below("safe");

    (void)state;
    make("safe", 0700);
    make("open", 0777);
    make("open/own", 0700);
    link_to("safe", "relative");
    link_to(absolute, "absolute");
    link_to("open/own", "through");
    link_to("through", "twice");
    link_to("loop", "loop");
    fine("relative/x");
    fine("absolute/x");
    refused("through", "everyone");
    refused("twice/x", "everyone");
    {
        scoped_free char *path = below("loop/x");
        assert_false(trust_check(path, NULL));
    }
}

static void test_relative_paths(void **state)
{
    scoped_free char *open_dir = below("open");
    scoped_close int before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    make("open", 0777);
    make("open/own", 0700);
    assert_int_equal(chdir(home), 0);
    assert_true(trust_check("own", NULL));
    assert_int_equal(chdir(open_dir), 0);
    assert_false(trust_check("own", NULL));
    assert_int_equal(fchdir(before), 0);
}

static void test_owners(void **state)
{
    scoped_free char *theirs = below("theirs"), *link = below("sticky/link");

    (void)state;
    if (geteuid() != 0)
        skip();
    make("theirs", 0700);
    make("theirs/own", 0700);
    make("sticky", 01777);
    make("safe", 0700);
    link_to("../safe", "sticky/link");
    fine("sticky/link");
    assert_int_equal(lchown(link, 54321, 54321), 0);
    refused("sticky/link", "54321");
    assert_int_equal(chown(theirs, 54321, 54321), 0);
    refused("theirs", "54321");
    refused("theirs/own", "54321");
    make("shared", 0770);
    {
        scoped_free char *shared = below("shared");
        assert_int_equal(chown(shared, 0, 54321), 0);
    }
    refused("shared", "group");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_own_directories_are_fine),
        TEST(test_modes),
        TEST(test_links_lead_through_what_they_name),
        TEST(test_relative_paths),
        TEST(test_owners),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
