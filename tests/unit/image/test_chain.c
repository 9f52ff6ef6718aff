/* A chain of layers, read here, is what qemu-io wrote and qemu-img reads; damaged ones are refused.
 */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/image/view/chain.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/disk.h"

#define DISK_BYTES (8U << 20)
#define LAYERS 4

static char dir[64];
static char *paths[LAYERS];
static struct disk_chain disk;
static int fds[LAYERS];

static const char *path_of(void *arg, unsigned layer)
{
    (void)arg;
    return disk.layers[layer].path;
}

static void qemu_io(unsigned count, const char *command)
{
    struct disk_chain part = disk;
    scoped_json json_t *tree = NULL;
    scoped_free char *text = NULL, *name = NULL;
    scoped_buf out = BUF_INIT(65536);
    struct pyro_error err = { 0 };

    part.count = count;
    tree = disk_blockdev(&part, true, path_of, NULL);
    text = json_compact(tree);
    name = str_printf("json:%s", text);
    {
        const char *const argv[] = { "qemu-io", "-d", "unmap", "-c", command, name, NULL };
        struct proc_spec spec = proc_spec_of(argv);
        if (!proc_run(&spec, 60000, &out, &err))
            fail_msg("%s", err.message);
    }
}

static void make_layer(unsigned i, struct pyro_error *err)
{
    scoped_close int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    scoped_free char *name = str_printf("layer%u", i);

    paths[i] = str_printf("%s/%s", dir, name);
    disk.layers[i] =
        (struct disk_layer){ .path = paths[i], .format = i ? DISK_QCOW2 : DISK_RAW, .id = i };
    disk.count = i + 1;
    if (i) {
        assert_true(disk_create_overlay(dirfd, name, DISK_BYTES, err));
    } else {
        close(openat(dirfd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
        assert_int_equal(truncate(paths[i], DISK_BYTES), 0);
    }
}

static int set_up(void **state)
{
    struct pyro_error err = { 0 };

    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/pyro-chain-XXXXXX");
    assert_non_null(mkdtemp(dir));
    make_layer(0, &err);
    qemu_io(1, "write -P 1 0 1M");
    qemu_io(1, "write -P 2 3M 100k");
    make_layer(1, &err);
    qemu_io(2, "write -P 3 512k 20k");
    qemu_io(2, "write -P 4 5M 4k");
    qemu_io(2, "write -P 8 7M 4k");
    make_layer(2, &err);
    qemu_io(3, "write -z -u 0 256k");
    qemu_io(3, "write -P 5 520k 1k");
    qemu_io(3, "write -P 6 8188k 4k");
    make_layer(3, &err);
    qemu_io(4, "write -P 7 65535 2");
    qemu_io(4, "discard 5M 64k");
    for (unsigned i = 0; i < LAYERS; i++)
        fds[i] = open(paths[i], O_RDONLY | O_CLOEXEC);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LAYERS; i++) {
        close(fds[i]);
        free(paths[i]);
    }
    fs_discard_tree(AT_FDCWD, dir);
    return 0;
}

/* The disk as of a layer, by qemu-img. */
static char *read_by_peer(unsigned count)
{
    scoped_free char *raw = str_printf("%s/raw", dir), *name = NULL;
    scoped_buf out = BUF_INIT(65536);
    struct disk_chain part = disk;
    struct pyro_error err = { 0 };
    char *bytes = malloc(DISK_BYTES);
    scoped_close int fd = -1;

    part.count = count;
    name = disk_json_name(&part, &err);
    {
        const char *const argv[] = { "qemu-img", "convert", "-O", "raw", name, raw, NULL };
        struct proc_spec spec = proc_spec_of(argv);
        assert_true(proc_run(&spec, 60000, &out, &err));
    }
    fd = open(raw, O_RDONLY | O_CLOEXEC);
    assert_int_equal(fs_read_full(fd, bytes, DISK_BYTES), DISK_BYTES);
    return bytes;
}

static void test_chain_reads_what_qemu_img_reads(void **state)
{
    struct pyro_error err = { 0 };
    scoped_free char *ours = malloc(DISK_BYTES);
    struct chain *c;

    (void)state;
    assert_true(chain_open(fds, LAYERS, &c, &err));
    assert_int_equal(chain_size_bytes(c), DISK_BYTES);
    for (unsigned top = 0; top < LAYERS; top++) {
        scoped_free char *peer = read_by_peer(top + 1);
        assert_true(chain_read((struct disk_version){ c, top }, 0, ours, DISK_BYTES, &err));
        assert_memory_equal(ours, peer, DISK_BYTES);
        /* In odd pieces it is the same. */
        for (uint64_t at = 0; at + 40000 < DISK_BYTES; at += 39989) {
            assert_true(chain_read((struct disk_version){ c, top }, at, ours, 40000, &err));
            assert_memory_equal(ours, peer + at, 40000);
        }
    }
    assert_false(chain_read((struct disk_version){ c, 0 }, DISK_BYTES - 1, ours, 2, &err));
    assert_false(chain_read((struct disk_version){ c, 0 }, UINT64_MAX - 1, ours, 2, &err));
    assert_false(chain_read((struct disk_version){ c, LAYERS }, 0, ours, 2, &err));
    chain_free(c);
}

static void test_chain_map_agrees_with_the_content(void **state)
{
    struct pyro_error err = { 0 };
    scoped_free char *all = malloc(DISK_BYTES);
    bool seen[LAYERS] = { false }, seen_zero = false;
    struct disk_version d = { .top = LAYERS - 1 };
    struct chain_stretch s;

    (void)state;
    assert_true(chain_open(fds, LAYERS, &d.chain, &err));
    assert_true(chain_read(d, 0, all, DISK_BYTES, &err));
    for (uint64_t at = 0; at < DISK_BYTES; at += s.bytes) {
        assert_true(chain_map(d, at, &s, &err));
        assert_true(s.bytes > 0 && at + s.bytes <= DISK_BYTES && s.layer < LAYERS);
        for (uint64_t i = at; s.zero && i < at + s.bytes; i++)
            assert_int_equal(all[i], 0);
        seen[s.layer] = true;
        seen_zero |= s.zero;
    }
    assert_true(seen[0] && seen[1] && seen[2] && seen[3] && seen_zero);
    chain_free(d.chain);
}

static void test_chain_knows_what_changed(void **state)
{
    static const struct {
        unsigned since, top;
        uint64_t at, n;
        bool changed;
    } cases[] = {
        { 0, 1, 512 << 10, 1, true },      { 0, 1, 0, 64 << 10, false },
        { 1, 2, 520 << 10, 1, true },      { 1, 2, 5 << 20, 4096, false },
        { 2, 3, 5 << 20, 4096, true },     { 0, 3, 0, 1, true },
        { 3, 3, 0, DISK_BYTES, false },    { 0, 3, 3 << 20, 100 << 10, false },
        { 1, 3, 0, DISK_BYTES, true },     { 0, 1, 4 << 20, 2 << 20, true },
        { 0, 1, 6 << 20, 1 << 20, false },
    };
    struct pyro_error err = { 0 };
    struct chain *c;

    (void)state;
    assert_true(chain_open(fds, LAYERS, &c, &err));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        bool changed;
        assert_true(chain_is_changed((struct disk_version){ c, cases[i].top }, cases[i].since,
                                     cases[i].at, cases[i].n, &changed, &err));
        if (changed != cases[i].changed)
            fail_msg("case %zu", i);
    }
    chain_free(c);
}

/* Writes 8 bytes, big endian, into a copy of a layer, and tries to read all of it. */
static bool try_damaged(unsigned layer, uint64_t at, uint64_t value)
{
    scoped_free char *path = str_printf("%s/damaged", dir), *all = malloc(DISK_BYTES);
    scoped_buf bytes = BUF_INIT(4U << 20);
    int damaged[LAYERS];
    struct pyro_error err = { 0 };
    struct chain *c;
    bool ok;

    memcpy(damaged, fds, sizeof(damaged));
    assert_true(fs_read_file(AT_FDCWD, paths[layer], &bytes, &err));
    for (int i = 0; i < 8; i++)
        bytes.data[at + (uint64_t)i] = (char)(value >> (56 - 8 * i));
    assert_true(fs_replace(AT_FDCWD, path, bytes.data, bytes.len, 0600, &err));
    damaged[layer] = open(path, O_RDONLY | O_CLOEXEC);
    ok = chain_open(damaged, LAYERS, &c, &err);
    if (ok) {
        ok = chain_read((struct disk_version){ c, LAYERS - 1 }, 0, all, DISK_BYTES, &err);
        chain_free(c);
    }
    close(damaged[layer]);
    if (!ok)
        assert_int_equal(err.code, PYRO_RECORD_INVALID);
    return ok;
}

static void test_chain_refuses_damage(void **state)
{
    const uint64_t l1 = 3 << 16, l2 = 4 << 16;

    (void)state;
    assert_true(try_damaged(1, 24, DISK_BYTES)); /* as it was */
    assert_false(try_damaged(1, 24, DISK_BYTES + 512));
    assert_false(try_damaged(1, 0, 0));
    assert_false(try_damaged(1, 40, 1));                  /* L1 table, not aligned */
    assert_false(try_damaged(1, 40, 1ULL << 60));         /* … far beyond the file */
    assert_false(try_damaged(1, l1, 1ULL << 63 | 0x200)); /* L2 table, not aligned */
    assert_false(try_damaged(1, l1, 1ULL << 63 | 1ULL << 50));
    assert_false(try_damaged(1, l2 + 896, 1ULL << 62 | 5 << 16)); /* compressed */
    assert_false(try_damaged(1, l2 + 896, 1ULL << 63 | 0x200));
    assert_true(try_damaged(1, l2 + 896, 1ULL << 63 | 1ULL << 50)); /* beyond the end: zeros */
    assert_true(try_damaged(1, l1, 1ULL << 63 | l1)); /* into itself: nonsense, but an end */
}

static void test_chain_open_refuses_what_is_no_chain(void **state)
{
    struct pyro_error err = { 0 };
    int ends[2], only_raw[] = { fds[0], fds[0] };
    struct chain *c = NULL;

    (void)state;
    assert_false(chain_open(fds, 0, &c, &err));
    assert_false(chain_open(fds, CHAIN_LAYERS_MAX + 1, &c, &err));
    assert_false(chain_open(only_raw, 2, &c, &err));
    assert_int_equal(pipe(ends), 0);
    assert_false(chain_open(ends, 1, &c, &err));
    close(ends[0]);
    close(ends[1]);
    assert_null(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain_reads_what_qemu_img_reads),
        cmocka_unit_test(test_chain_map_agrees_with_the_content),
        cmocka_unit_test(test_chain_knows_what_changed),
        cmocka_unit_test(test_chain_refuses_damage),
        cmocka_unit_test(test_chain_open_refuses_what_is_no_chain),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
