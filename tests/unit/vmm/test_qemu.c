/* Finding QEMU, its remembered version, and what its command line may say. */
#include "vmm/qemu.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/base/fs.h"

static char dir[64];
static int test_fd;

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/pyro-qemu.XXXXXX");
    assert_non_null(mkdtemp(dir));
    test_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(test_fd >= 0);
    return 0;
}

static int tear_down(void **state)
{
    struct pyro_error err;

    (void)state;
    close(test_fd);
    unsetenv("PYRO_QEMU");
    assert_true(fs_remove_tree(AT_FDCWD, dir, &err));
    return 0;
}

/* A program that says this version, and leaves a mark each time it is asked. */
static void make_program(const char *version)
{
    scoped_free char *path = str_printf("%s/qemu", dir);
    scoped_free char *text = str_printf("#!/bin/sh\necho x >>%s/asked\necho '%s'\n", dir, version);
    struct pyro_error err;

    assert_true(fs_replace(test_fd, "qemu", text, strlen(text), 0755, &err));
    assert_int_equal(fchmodat(test_fd, "qemu", 0755, 0), 0);
    setenv("PYRO_QEMU", path, 1);
}

static off_t times_asked(void)
{
    struct stat st;

    return fstatat(test_fd, "asked", &st, 0) == 0 ? st.st_size / 2 : 0;
}

static void test_find_remembers_the_version(void **state)
{
    struct pyro_error err = { 0 };
    struct qemu qemu;

    (void)state;
    make_program("QEMU emulator version 9.1 (Test)");
    for (int i = 0; i < 3; i++) {
        assert_true(qemu_find(dir, &qemu, &err));
        assert_string_equal(qemu.version, "9.1 (Test)");
        assert_int_equal(times_asked(), 1);
    }
    make_program("QEMU emulator version 9.2"); /* another file in its place */
    assert_true(qemu_find(dir, &qemu, &err));
    assert_string_equal(qemu.version, "9.2");
    assert_int_equal(times_asked(), 2);
}

static void test_find_survives_a_damaged_record(void **state)
{
    static const char *const damages[] = { "", "{", "[]", "{\"version\": 7}", "\xff\xff" };
    struct pyro_error err = { 0 };
    struct qemu qemu;

    (void)state;
    make_program("QEMU emulator version 9.1");
    for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
        assert_true(fs_replace(test_fd, "qemu.json", damages[i], strlen(damages[i]), 0600, &err));
        assert_true(qemu_find(dir, &qemu, &err));
        assert_string_equal(qemu.version, "9.1");
    }
}

static void test_find_without_a_qemu(void **state)
{
    struct pyro_error err = { 0 };
    struct qemu qemu;

    (void)state;
    setenv("PYRO_QEMU", "/nonexistent/qemu", 1);
    assert_false(qemu_find(dir, &qemu, &err));
    assert_int_equal(err.code, PYRO_DEPENDENCY_MISSING);
    make_program("I am no QEMU");
    assert_false(qemu_find(dir, &qemu, &err));
    assert_int_equal(err.code, PYRO_DEPENDENCY_MISSING);
}

static void test_find_refuses_an_old_one(void **state)
{
    static const struct {
        const char *version;
        bool ok;
    } cases[] = {
        { "7.2.22 (Debian 1:7.2+dfsg-7)", true },
        { "7.10.0", true },
        { "10.0.13", true },
        { "7.1.0", false },
        { "6.2.0 (Debian 1:6.2+dfsg-2ubuntu6)", false },
        { "new", false },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_free char *words = str_printf("QEMU emulator version %s", cases[i].version);
        struct pyro_error err = { 0 };
        struct qemu qemu;
        make_program(words);
        assert_int_equal(qemu_find(dir, &qemu, &err), cases[i].ok);
        if (!cases[i].ok)
            assert_int_equal(err.code, PYRO_DEPENDENCY_MISSING);
        if (i == 4) {
            assert_non_null(strstr(err.message, "is QEMU 6.2, and pyro needs 7.2 or newer"));
            assert_true(err.hint[0]);
        }
    }
}

static bool says(const struct qemu_command *c, const char *text)
{
    for (size_t i = 0; c->argv[i]; i++)
        if (strstr(c->argv[i], text))
            return true;
    return false;
}

/* No path of pyro's state, every layer by its descriptor, only the top one writable. */
static void test_command_names_no_path(void **state)
{
    const struct qemu qemu = { .path = "/usr/bin/qemu", .version = "1" };
    scoped_free char *base = str_printf("%s/base", dir), *top = str_printf("%s/top", dir);
    struct disk_chain disk = disk_chain_of(base, top);
    struct qemu_machine machine = { .vcpu_count = 2,
                                    .upper_fd = -1,
                                    .mem_mib = 256,
                                    .ram_fd = 0,
                                    .disk = &disk,
                                    .kernel_fd = -1,
                                    .initramfs_fd = -1,
                                    .incoming = true };
    struct pyro_error err = { 0 };
    struct qemu_command c;
    unsigned writable = 0;

    (void)state;
    assert_false(qemu_command_build(&qemu, &machine, &c, &err)); /* no such files yet */
    close(openat(test_fd, "base", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    assert_int_equal(truncate(base, 1 << 20), 0);
    assert_true(disk_create_overlay(test_fd, "top", 1 << 20, &err));
    assert_true(qemu_command_build(&qemu, &machine, &c, &err));
    assert_false(says(&c, dir));
    assert_false(says(&c, "-kernel"));
    assert_true(says(&c, "on,obsolete=deny,elevateprivileges=deny,spawn=deny"));
    assert_true(says(&c, "share=off"));
    assert_true(c.library >= 0 && c.spec.set && c.spec.set[0]);
    assert_true(says(&c, "/dev/fdset/0") && says(&c, "/dev/fdset/1"));
    for (unsigned i = 0; i < c.opened_count; i++)
        writable += (fcntl(c.opened[i], F_GETFL) & O_ACCMODE) == O_RDWR;
    assert_int_equal(c.opened_count, 2);
    assert_int_equal(writable, 1);
    qemu_command_release(&c);
}

static void test_command_refuses_a_hostile_layer(void **state)
{
    const struct qemu qemu = { .path = "/usr/bin/qemu", .version = "1" };
    scoped_free char *top = str_printf("%s/top", dir);
    struct disk_chain disk = { .layers = { { .path = top, .format = DISK_QCOW2 } }, .count = 1 };
    struct qemu_machine machine = { .vcpu_count = 1,
                                    .mem_mib = 256,
                                    .upper_fd = -1,
                                    .disk = &disk,
                                    .kernel_fd = -1,
                                    .initramfs_fd = -1 };
    struct pyro_error err = { 0 };
    struct qemu_command c;
    int fd;

    (void)state;
    assert_true(disk_create_overlay(test_fd, "top", 1 << 20, &err));
    fd = open(top, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "\4", 1, 79), 1); /* an external data file */
    close(fd);
    assert_false(qemu_command_build(&qemu, &machine, &c, &err));
    assert_int_equal(err.code, PYRO_RECORD_INVALID);
    unlink(top);
    assert_int_equal(symlink("/etc/passwd", top), 0);
    assert_false(qemu_command_build(&qemu, &machine, &c, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_find_remembers_the_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_find_survives_a_damaged_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_find_without_a_qemu, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_find_refuses_an_old_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_command_names_no_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_command_refuses_a_hostile_layer, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
