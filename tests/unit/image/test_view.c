/* The file system on a disk's layers: what mke2fs and debugfs put there, what changed between two
 * layers, and what a damaged one makes of it. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "engine/image/view/disk_list.h"
#include "engine/image/view/view.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/disk.h"

#define IMAGE_BYTES (64 << 20)
#define MANY 3000

static char dir[64];
static char *image, *changed, *overlay;
static int fds[2];

static char *sh(const char *format, ...) PRINTF_LIKE(1, 2);
/* Runs a script in the test's directory; what it prints, the caller's. */
static char *sh(const char *format, ...)
{
    scoped_buf out = BUF_INIT(4 << 20);
    struct pyro_error err = { 0 };
    char script[4096], whole[4300];
    va_list ap;

    va_start(ap, format);
    vsnprintf(script, sizeof(script), format, ap);
    va_end(ap);
    snprintf(whole, sizeof(whole), "set -e; PATH=$PATH:/sbin:/usr/sbin; cd %s; %s", dir, script);
    {
        const char *const argv[] = { "/bin/bash", "-c", whole, NULL };
        struct proc_spec spec = proc_spec_of(argv);
        if (!proc_run(&spec, 120000, &out, &err))
            fail_msg("%s", err.message);
    }
    return out.data ? buf_take(&out) : str_printf("%s", "");
}

static void make_base(void)
{
    free(sh(
        "mkdir -p src/deep/er src/many src/run; echo hello >src/file; ln -s ../x src/link;"
        "ln -s $(printf %%0300d 7) src/long; mkfifo src/fifo; : >src/empty; echo one "
        ">src/deep/er/f;"
        "chmod 4751 src/file; touch -d @1234567890.5 src/deep/er/f; ln src/file src/hard;"
        "for i in $(seq %d); do : >src/many/name-of-some-length-$i; done;"
        "truncate -s 20M src/sparse; printf x | dd of=src/sparse bs=1 seek=15000000 conv=notrunc "
        "2>/dev/null; head -c 3000000 /dev/urandom >src/big;"
        "mke2fs -q -t ext4 -b 4096 -d src base %d",
        MANY, IMAGE_BYTES / 4096));
}

/* Another state of it, as an overlay without a backing name. */
static void make_overlay(void)
{
    free(sh(
        "cp base new; echo changed >now; debugfs -w -R 'rm /file' new 2>/dev/null;"
        "debugfs -w -R 'write now fresh' new 2>/dev/null;"
        "debugfs -w -R 'set_inode_field /deep/er/f mode 0100600' new 2>/dev/null;"
        "debugfs -w -R 'set_inode_field / mtime 20260101' new 2>/dev/null;" /* as the kernel does */
        "qemu-img convert -f raw -O qcow2 -B $PWD/base -F raw new over;"
        "qemu-img rebase -u -b '' -f qcow2 over"));
}

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/pyro-view-XXXXXX");
    assert_non_null(mkdtemp(dir));
    make_base();
    make_overlay();
    image = str_printf("%s/base", dir);
    changed = str_printf("%s/new", dir);
    overlay = str_printf("%s/over", dir);
    fds[0] = open(image, O_RDONLY | O_CLOEXEC);
    fds[1] = open(overlay, O_RDONLY | O_CLOEXEC);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(fds[0]);
    close(fds[1]);
    free(image);
    free(changed);
    free(overlay);
    fs_discard_tree(AT_FDCWD, dir);
    return 0;
}

struct opened_view {
    struct chain *chain;
    struct view *view;
};

static struct opened_view open_view(unsigned top)
{
    struct opened_view o = { NULL, NULL };
    struct pyro_error err = { 0 };

    assert_true(chain_open(fds, 2, &o.chain, &err));
    if (!view_open((struct disk_version){ o.chain, top }, &o.view, &err))
        fail_msg("%s", err.message);
    return o;
}

static void close_view(struct opened_view *o)
{
    view_free(o->view);
    chain_free(o->chain);
}

static void test_view_stat_and_read(void **state UNUSED)
{
    struct opened_view o = open_view(0);
    struct pyro_error err = { 0 };
    struct view_inode i;
    char text[64], target[VIEW_TARGET_MAX];
    uint32_t number, hard;

    assert_true(view_find(o.view, "/file", &number, &err));
    assert_true(view_stat(o.view, number, &i, &err));
    assert_int_equal(i.mode, S_IFREG | 04751);
    assert_int_equal(i.links, 2);
    assert_int_equal(i.size, 6);
    assert_true(view_find(o.view, "hard", &hard, &err));
    assert_int_equal(hard, number);
    assert_int_equal(view_read(o.view, number, 0, text, sizeof(text), &err), 6);
    assert_memory_equal(text, "hello\n", 6);
    assert_int_equal(view_read(o.view, number, 4, text, 1, &err), 1);
    assert_int_equal(view_read(o.view, number, 6, text, 1, &err), 0);
    assert_true(view_find(o.view, "//deep/er/f", &number, &err));
    assert_true(view_stat(o.view, number, &i, &err));
    assert_int_equal(i.mtime, 1234567890);
    assert_true(view_find(o.view, "/link", &number, &err));
    assert_true(view_target(o.view, number, target, &err));
    assert_string_equal(target, "../x");
    assert_true(view_find(o.view, "/long", &number, &err));
    assert_true(view_target(o.view, number, target, &err));
    assert_int_equal(strlen(target), 300);
    close_view(&o);
}

static void test_view_large_content(void **state UNUSED)
{
    static const char *const names[] = { "big", "sparse" };
    struct opened_view o = open_view(0);
    struct pyro_error err = { 0 };

    for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
        scoped_free char *source = str_printf("%s/src/%s", dir, names[k]);
        scoped_buf wanted = BUF_INIT(32 << 20);
        scoped_free char *got = malloc(32 << 20);
        uint32_t number;
        ssize_t n;
        assert_true(fs_read_file(AT_FDCWD, source, &wanted, &err));
        assert_true(view_find(o.view, names[k], &number, &err));
        assert_int_equal(view_read(o.view, number, 0, got, 32 << 20, &err), wanted.len);
        assert_memory_equal(got, wanted.data, wanted.len);
        n = view_read(o.view, number, 2999999, got, 8192, &err);
        assert_true(n >= 0);
        assert_memory_equal(got, wanted.data + 2999999, (size_t)n);
    }
    close_view(&o);
}

static void test_view_find_refuses(void **state UNUSED)
{
    static const struct {
        const char *path;
        enum pyro_code code;
    } cases[] = {
        { "/nothing", PYRO_FILE_NOT_FOUND },      { "/deep/nothing", PYRO_FILE_NOT_FOUND },
        { "/file/x", PYRO_WRONG_FILE_TYPE },      { "/link/x", PYRO_PATH_REFUSED },
        { "/deep/er/f/g", PYRO_WRONG_FILE_TYPE },
    };
    struct opened_view o = open_view(0);
    struct view_inode i;
    char byte;

    for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
        struct pyro_error err = { 0 };
        uint32_t number;
        assert_false(view_find(o.view, cases[k].path, &number, &err));
        assert_int_equal(err.code, cases[k].code);
    }
    {
        struct pyro_error err = { 0 };
        assert_false(view_stat(o.view, 0, &i, &err));
        assert_false(view_stat(o.view, UINT32_MAX, &i, &err));
        assert_int_equal(view_read(o.view, VIEW_ROOT, 0, &byte, 1, &err), -1);
        assert_int_equal(err.code, PYRO_WRONG_FILE_TYPE);
    }
    close_view(&o);
}

static void test_view_lists_what_find_lists(void **state UNUSED)
{
    struct opened_view o = open_view(0);
    scoped_free char *peer = sh("cd src; find . -mindepth 1 | sed 's/^.//' | LC_ALL=C sort");
    struct pyro_error err = { 0 };
    scoped_json json_t *list = disk_list(o.view, "/", true, &err);
    scoped_buf ours = BUF_INIT(4 << 20);
    const json_t *one;
    size_t i;

    assert_non_null(list);
    json_array_foreach (json_object_get(list, "entries"), i, one) {
        const char *path = json_string_or(one, "path", "");
        if (strncmp(path, "/lost+found", 11) != 0)
            assert_true(buf_printf(&ours, "%s\n", path));
    }
    assert_string_equal(ours.data, peer);
    close_view(&o);
}

static bool note(void *arg, uint32_t inode)
{
    unsigned char *seen = arg;

    seen[inode / 8] |= (unsigned char)(1u << inode % 8);
    return true;
}

static void test_view_tells_changed_inodes(void **state UNUSED)
{
    static const char *const changes[] = { "/", "/file", "/hard", "/deep/er/f" };
    struct opened_view now = open_view(1);
    struct pyro_error err = { 0 };
    struct view *then;
    unsigned char *seen;
    unsigned count = 0;
    uint32_t number;

    assert_true(view_open((struct disk_version){ now.chain, 0 }, &then, &err));
    seen = calloc(view_inode_count(now.view) / 8 + 1, 1);
    assert_true(view_each_changed(now.view, then, note, seen, &err));
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        assert_true(view_find(then, changes[i], &number, &err));
        if (!(seen[number / 8] & 1u << number % 8))
            fail_msg("%s is not told", changes[i]);
    }
    assert_true(view_find(now.view, "/fresh", &number, &err));
    assert_true(seen[number / 8] & 1u << number % 8);
    assert_false(view_find(now.view, "/file", &number, &err));
    for (uint32_t i = 1; i <= view_inode_count(now.view); i++)
        count += !!(seen[i / 8] & 1u << i % 8);
    assert_in_range(count, 4, 12);
    memset(seen, 0, view_inode_count(now.view) / 8 + 1);
    assert_true(view_each_changed(then, then, note, seen, &err));
    for (uint32_t i = 1; i <= view_inode_count(now.view); i++)
        assert_false(seen[i / 8] & 1u << i % 8);
    free(seen);
    view_free(then);
    close_view(&now);
}

/* ---- what is damaged ---- */

static void look_everywhere(int base_fd)
{
    int both[] = { base_fd, fds[1] };
    struct chain *c = NULL;
    struct view *v = NULL;

    for (unsigned layers = 1; layers <= 2; layers++) {
        struct pyro_error err = { 0 };
        scoped_json json_t *list = NULL;
        bool ok = chain_open(both, layers, &c, &err) &&
                  view_open((struct disk_version){ c, layers - 1 }, &v, &err);
        if (ok)
            list = disk_list(v, "/", true, &err);
        if (!list)
            assert_true(err.code != PYRO_OK && err.code != PYRO_INTERNAL && err.message[0]);
        view_free(v);
        chain_free(c);
        v = NULL;
        c = NULL;
    }
}

static void test_view_survives_damage(void **state UNUSED)
{
    scoped_buf bytes = BUF_INIT(IMAGE_BYTES);
    struct pyro_error err = { 0 };
    unsigned seed = 20260101;
    int fd = memfd_create("damaged", MFD_CLOEXEC);

    assert_true(fs_read_file(AT_FDCWD, image, &bytes, &err));
    assert_true(fs_write_all(fd, bytes.data, bytes.len, &err));
    for (int round = 0; round < 150; round++) {
        off_t places[8];
        size_t n = 1 + (size_t)rand_r(&seed) % ARRAY_SIZE(places);
        for (size_t i = 0; i < n; i++) { /* the first blocks hold what describes the rest */
            char byte = (char)rand_r(&seed);
            places[i] = rand_r(&seed) % (round % 2 ? 4096 : 4 << 20);
            assert_int_equal(pwrite(fd, &byte, 1, places[i]), 1);
        }
        look_everywhere(fd);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(pwrite(fd, bytes.data + places[i], 1, places[i]), 1);
    }
    close(fd);
}

static void test_view_open_refuses_what_is_no_ext4(void **state UNUSED)
{
    struct pyro_error err = { 0 };
    int fd = memfd_create("zeros", MFD_CLOEXEC);
    struct chain *c;
    struct view *v;

    assert_int_equal(ftruncate(fd, 512), 0);
    assert_true(chain_open(&fd, 1, &c, &err));
    assert_false(view_open((struct disk_version){ c, 0 }, &v, &err));
    chain_free(c);
    assert_int_equal(ftruncate(fd, 1 << 20), 0);
    assert_true(chain_open(&fd, 1, &c, &err));
    assert_false(view_open((struct disk_version){ c, 0 }, &v, &err));
    assert_int_equal(err.code, PYRO_IO);
    chain_free(c);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_view_stat_and_read),
        cmocka_unit_test(test_view_large_content),
        cmocka_unit_test(test_view_find_refuses),
        cmocka_unit_test(test_view_lists_what_find_lists),
        cmocka_unit_test(test_view_tells_changed_inodes),
        cmocka_unit_test(test_view_survives_damage),
        cmocka_unit_test(test_view_open_refuses_what_is_no_ext4),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
