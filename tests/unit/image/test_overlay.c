/* A layer that is written here: what was written is read back, then and by others, and qemu-img finds
 * nothing wrong with it. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/image/view/chain.h"
#include "engine/image/view/overlay.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/disk.h"

#define DISK_BYTES ((8U << 20) + 8192) /* the last cluster is not a whole one */
#define CLUSTER 65536U
#define CHANGES 400

static char dir[64];
static int dir_fd, base_fd;

static int set_up(void **state UNUSED)
{
    scoped_free char *bytes = malloc(DISK_BYTES);

    snprintf(dir, sizeof(dir), "/tmp/pyro-overlay-XXXXXX");
    assert_non_null(mkdtemp(dir));
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    base_fd = memfd_create("base", MFD_CLOEXEC);
    for (uint32_t i = 0; i < DISK_BYTES; i++)
        bytes[i] = (char)(i % 251 + 1);
    assert_true(fs_write_all(base_fd, bytes, DISK_BYTES, NULL));
    return 0;
}

static int tear_down(void **state UNUSED)
{
    close(base_fd);
    close(dir_fd);
    fs_discard_tree(AT_FDCWD, dir);
    return 0;
}

static int new_overlay(const char *name)
{
    struct pyro_error err = { 0 };

    assert_true(disk_create_overlay(dir_fd, name, DISK_BYTES, &err));
    return openat(dir_fd, name, O_RDWR | O_CLOEXEC);
}

static void check_by_peer(const char *name)
{
    scoped_free char *path = str_printf("%s/%s", dir, name);
    const char *const argv[] = { "qemu-img", "check", "-q", "-f", "qcow2", path, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_buf out = BUF_INIT(65536);
    struct pyro_error err = { 0 };

    if (!proc_run(&spec, 60000, &out, &err)) /* fails for leaked clusters, too */
        fail_msg("%s", err.message);
}

/* The disk as another reader sees it. */
static void check_saved(int fd, const char *wanted)
{
    scoped_free char *found = malloc(DISK_BYTES);
    const int fds[] = { base_fd, fd };
    struct pyro_error err = { 0 };
    struct chain *c;

    assert_true(chain_open(fds, 2, &c, &err));
    assert_true(chain_read((struct disk_version){ c, 1 }, 0, found, DISK_BYTES, &err));
    assert_memory_equal(found, wanted, DISK_BYTES);
    chain_free(c);
}

static void test_overlay_holds_what_was_written(void **state UNUSED)
{
    scoped_free char *wanted = malloc(DISK_BYTES), *bytes = malloc(DISK_BYTES);
    scoped_close int fd = new_overlay("over");
    struct pyro_error err = { 0 };
    struct overlay *o;
    struct chain *c;

    srandom(1);
    assert_int_equal(fs_pread_full(base_fd, wanted, DISK_BYTES, 0), DISK_BYTES);
    assert_true(chain_open(&base_fd, 1, &c, &err));
    assert_true(overlay_open((struct disk_version){ c, 0 }, fd, &o, &err));
    for (unsigned i = 0; i < CHANGES; i++) {
        uint32_t n = 1 + (uint32_t)random() % (i % 7 ? 9000 : 3 * CLUSTER);
        uint32_t at = (uint32_t)random() % (DISK_BYTES - n);
        if (i % 3 == 0) { /* some of them whole clusters */
            at -= i % 2 ? at % CLUSTER : 0;
            memset(wanted + at, 0, n);
            assert_true(overlay_zero(o, at, n, &err));
        } else {
            memset(bytes, (int)i, n);
            memset(wanted + at, (int)i, n);
            assert_true(overlay_write(o, at, bytes, n, &err));
        }
    }
    assert_true(overlay_read(o, 0, bytes, DISK_BYTES, &err));
    assert_memory_equal(bytes, wanted, DISK_BYTES);
    assert_true(overlay_save(o, &err));
    overlay_free(o);
    chain_free(c);
    check_saved(fd, wanted);
    check_by_peer("over");
}

static void test_overlay_of_zeros_takes_no_space(void **state UNUSED)
{
    scoped_free char *wanted = calloc(1, DISK_BYTES);
    scoped_close int fd = new_overlay("zeros");
    struct pyro_error err = { 0 };
    struct overlay *o;
    struct chain *c;

    assert_true(chain_open(&base_fd, 1, &c, &err));
    assert_true(overlay_open((struct disk_version){ c, 0 }, fd, &o, &err));
    assert_true(overlay_zero(o, 0, DISK_BYTES, &err) && overlay_save(o, &err));
    assert_true(lseek(fd, 0, SEEK_END) <=
                (off_t)(6 * CLUSTER)); /* the part of a cluster at the end */
    check_saved(fd, wanted);
    check_by_peer("zeros");
    overlay_free(o);
    chain_free(c);
}

static void test_overlay_ends_with_the_disk(void **state UNUSED)
{
    scoped_close int fd = new_overlay("end");
    struct pyro_error err = { 0 };
    struct overlay *o;
    struct chain *c;
    char byte = 0;

    assert_true(chain_open(&base_fd, 1, &c, &err));
    assert_true(overlay_open((struct disk_version){ c, 0 }, fd, &o, &err));
    assert_false(overlay_write(o, DISK_BYTES, &byte, 1, &err));
    assert_int_equal(err.code, PYRO_IO);
    assert_false(overlay_zero(o, DISK_BYTES - 1, 2, NULL));
    assert_false(overlay_read(o, UINT64_MAX, &byte, 1, NULL));
    overlay_free(o);
    assert_false(overlay_open((struct disk_version){ c, 0 }, base_fd, &o, &err));
    assert_int_equal(err.code, PYRO_RECORD_INVALID);
    chain_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overlay_holds_what_was_written),
        cmocka_unit_test(test_overlay_of_zeros_takes_no_space),
        cmocka_unit_test(test_overlay_ends_with_the_disk),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
