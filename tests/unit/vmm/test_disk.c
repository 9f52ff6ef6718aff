/* Overlays and chains, held against qemu-img. */
#include "vmm/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

static char dir[64];
static int test_fd;

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/pyro-disk.XXXXXX");
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
    assert_true(fs_remove_tree(AT_FDCWD, dir, &err));
    return 0;
}

static char *path_of(const char *name)
{
    return str_printf("%s/%s", dir, name);
}

static void make_raw(const char *name, off_t size)
{
    int fd = openat(test_fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, size), 0);
    assert_int_equal(pwrite(fd, "of the base", 11, 4096), 11);
    close(fd);
}

static bool qemu_img(const char *command, const char *option, const char *name, struct buf *out)
{
    const char *const argv[] = { "qemu-img", command, option, name, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };

    return proc_run(&spec, 30000, out, &err);
}

static void test_create_overlay_passes_qemu_img(void **state)
{
    static const uint64_t sizes[] = { 512,         1 << 20,   536870912, 536870912 + 512,
                                      10ULL << 30, 4ULL << 40 };
    struct pyro_error err = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        scoped_free char *name = str_printf("overlay%zu", i);
        scoped_free char *path = path_of(name);
        struct disk_layer layer = { .path = path, .format = DISK_QCOW2 };
        scoped_buf out = BUF_INIT(65536);
        scoped_json json_t *info = NULL;
        struct stat st;
        uint64_t size = 0;

        assert_true(disk_create_overlay(test_fd, name, sizes[i], &err));
        assert_int_equal(fstatat(test_fd, name, &st, 0), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_true(disk_virtual_size(&layer, &size, &err));
        assert_int_equal(size, sizes[i]);
        assert_true(qemu_img("check", "--output=json", path, &out));
        buf_clear(&out);
        assert_true(qemu_img("info", "--output=json", path, &out));
        info = json_parse(out.data, out.len, 65536, &err);
        assert_int_equal(json_int_or(info, "virtual-size", 0), sizes[i]);
        assert_string_equal(json_string_or(info, "format", ""), "qcow2");
        assert_null(json_object_get(info, "backing-filename"));
    }
}

static void test_create_overlay_refuses(void **state)
{
    struct pyro_error err = { 0 };

    (void)state;
    assert_false(disk_create_overlay(test_fd, "x", 0, &err));
    assert_int_equal(err.code, PYRO_INVALID_ARGUMENT);
    assert_false(disk_create_overlay(test_fd, "x", 1000, &err));
    assert_false(disk_create_overlay(test_fd, "x", (4ULL << 40) + 512, &err));
    assert_int_equal(faccessat(test_fd, "x", F_OK, 0), -1);
    assert_true(disk_create_overlay(test_fd, "x", 512, &err));
    assert_false(disk_create_overlay(test_fd, "x", 512, &err));
    assert_int_equal(err.sys_errno, EEXIST);
    assert_int_equal(symlinkat("elsewhere", test_fd, "link"), 0);
    assert_false(disk_create_overlay(test_fd, "link", 512, &err));
}

/* Headers that a QEMU controlled by its guest could write into its overlay. */
static void test_check_refuses_hostile_headers(void **state)
{
    static const struct {
        const char *what;
        off_t at;
        unsigned char byte;
        off_t also; /* set to 5, where it takes two; 0: none */
    } cases[] = {
        { "another magic", 0, 0, 0 },
        { "version 2", 7, 2, 0 },
        { "a backing name", 15, 200, 19 },
        { "a backing name, high", 8, 1, 19 },
        { "encryption", 35, 1, 0 },
        { "an external data file", 79, 4, 0 },
        { "a compression type", 79, 8, 0 },
        { "extended L2 entries", 79, 16, 0 },
        { "an unknown feature", 72, 0x80, 0 },
        { "no size", 29, 0, 0 },
        { "an odd size", 31, 1, 0 },
        { "a huge size", 24, 1, 0 },
    };
    scoped_free char *path = path_of("hostile");
    struct disk_layer layer = { .path = path, .format = DISK_QCOW2 };
    struct disk_chain chain = { .layers = { { .path = path, .format = DISK_QCOW2 } }, .count = 1 };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pyro_error err = { 0 };
        uint64_t size = 77;
        int fd;

        unlink(path);
        assert_true(disk_create_overlay(test_fd, "hostile", 1 << 20, &err));
        assert_true(disk_virtual_size(&layer, &size, &err));
        fd = open(path, O_WRONLY | O_CLOEXEC);
        assert_int_equal(pwrite(fd, &cases[i].byte, 1, cases[i].at), 1);
        if (cases[i].also)
            assert_int_equal(pwrite(fd, "\5", 1, cases[i].also), 1);
        close(fd);
        size = 77;
        if (disk_virtual_size(&layer, &size, &err))
            fail_msg("accepted: %s", cases[i].what);
        assert_int_equal(err.code, PYRO_RECORD_INVALID);
        assert_int_equal(size, 77);
        assert_null(disk_json_name(&chain, &err));
    }
}

static void test_check_refuses_what_is_no_disk(void **state)
{
    scoped_free char *path = path_of("thing");
    struct disk_layer raw = { .path = path, .format = DISK_RAW },
                      qcow2 = { .path = path, .format = DISK_QCOW2 };
    struct pyro_error err = { 0 };
    uint64_t size;

    (void)state;
    assert_false(disk_virtual_size(&raw, &size, &err));
    assert_int_equal(err.sys_errno, ENOENT);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(disk_virtual_size(&raw, &size, &err));
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(disk_virtual_size(&raw, &size, &err));
    rmdir(path);
    make_raw("thing", 5000);
    assert_false(disk_virtual_size(&raw, &size, &err));
    assert_int_equal(err.code, PYRO_RECORD_INVALID);
    assert_int_equal(truncate(path, 60), 0);
    assert_false(disk_virtual_size(&qcow2, &size, &err));
    assert_int_equal(err.code, PYRO_RECORD_INVALID);
}

/* qemu-io reads the base through two overlays that name no backing file. */
static void test_json_name_reads_through_the_chain(void **state)
{
    scoped_free char *base = path_of("base"), *middle = path_of("middle"), *top = path_of("top");
    struct disk_chain chain = {
        .layers = { { base, DISK_RAW, 0 }, { middle, DISK_QCOW2, 1 }, { top, DISK_QCOW2, 2 } },
        .count = 3
    };
    struct pyro_error err = { 0 };
    scoped_free char *name = NULL;
    scoped_buf out = BUF_INIT(65536);

    (void)state;
    make_raw("base", 1 << 20);
    assert_true(disk_create_overlay(test_fd, "middle", 1 << 20, &err));
    assert_true(disk_create_overlay(test_fd, "top", 1 << 20, &err));
    name = disk_json_name(&chain, &err);
    assert_non_null(name);
    {
        const char *const argv[] = { "qemu-io", "-r", "-c", "read -v 4096 11", name, NULL };
        struct proc_spec spec = proc_spec_of(argv);
        assert_true(proc_run(&spec, 30000, &out, &err));
    }
    assert_non_null(strstr(out.data, "6f 66 20 74 68 65 20 62 61 73 65"));
}

static void test_overlay_is_untouched_until_written(void **state)
{
    scoped_free char *path = path_of("fresh");
    const char *const argv[] = { "qemu-io", "-f", "qcow2", "-c", "write -P 7 64k 4k", path, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_buf out = BUF_INIT(65536);
    struct pyro_error err = { 0 };

    (void)state;
    assert_false(disk_is_untouched(AT_FDCWD, path));
    assert_true(disk_create_overlay(test_fd, "fresh", 1 << 20, &err));
    assert_true(disk_is_untouched(AT_FDCWD, path));
    assert_true(proc_run(&spec, 30000, &out, &err));
    assert_false(disk_is_untouched(AT_FDCWD, path));
    /* Cleared it reads as zeros, whatever it was; its size on the host may stay. */
    assert_true(disk_clear_overlay(test_fd, "fresh", &err));
    {
        const char *const read_argv[] = { "qemu-io",        "-r", "-f", "qcow2", "-c",
                                          "read -P 0 0 1M", path, NULL };
        struct proc_spec read_spec = proc_spec_of(read_argv);
        buf_clear(&out);
        assert_true(proc_run(&read_spec, 30000, &out, &err));
        assert_null(strstr(out.data, "failed"));
    }
    assert_false(disk_clear_overlay(test_fd, "nothing", &err));
}

static const char *set_name(void *arg, unsigned layer)
{
    snprintf(arg, 32, "/dev/fdset/%u", layer);
    return arg;
}

static void test_blockdev_states_every_node(void **state)
{
    struct disk_chain chain = disk_chain_of("/b", "/o");
    char name[32];
    scoped_json json_t *tree = disk_blockdev(&chain, true, set_name, name);
    const json_t *base = json_object_get(tree, "backing");

    (void)state;
    assert_string_equal(json_string_or(tree, "node-name", ""), "layer1");
    assert_string_equal(json_string_or(tree, "driver", ""), "qcow2");
    assert_false(json_bool_or(tree, "read-only", true));
    assert_string_equal(json_string_or(json_object_get(tree, "file"), "filename", ""),
                        "/dev/fdset/1");
    assert_string_equal(json_string_or(base, "node-name", ""), "layer0");
    assert_string_equal(json_string_or(base, "driver", ""), "raw");
    assert_true(json_bool_or(base, "read-only", false));
    assert_null(json_object_get(json_object_get(base, "file"), "read-only")); /* as its node */
    assert_string_equal(json_string_or(json_object_get(base, "file"), "locking", ""), "off");
    assert_string_equal(json_string_or(json_object_get(tree, "file"), "locking", ""), "auto");
    assert_string_equal(json_string_or(json_object_get(base, "file"), "filename", ""),
                        "/dev/fdset/0");
    assert_null(json_object_get(base, "backing"));
}

/* Only the file of a disk that is thrown away is never synced. */
static void test_blockdev_node_of_what_is_thrown_away(void **state)
{
    struct disk_chain chain = disk_chain_of("/b", "/o");
    scoped_json json_t *kept = disk_blockdev_node(&chain.layers[1], &chain.layers[0], true);
    scoped_json json_t *gone = NULL;

    (void)state;
    assert_null(json_object_get(json_object_get(kept, "file"), "cache"));
    chain.layers[1].throw_away = true;
    gone = disk_blockdev_node(&chain.layers[1], &chain.layers[0], true);
    assert_true(
        json_bool_or(json_object_get(json_object_get(gone, "file"), "cache"), "no-flush", false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_create_overlay_passes_qemu_img, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_create_overlay_refuses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_refuses_hostile_headers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_check_refuses_what_is_no_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_name_reads_through_the_chain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_overlay_is_untouched_until_written, set_up, tear_down),
        cmocka_unit_test(test_blockdev_states_every_node),
        cmocka_unit_test(test_blockdev_node_of_what_is_thrown_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
