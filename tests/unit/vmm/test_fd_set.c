/* Descriptor sets of a real QEMU: who can write to which layer, and locks that keep nobody out. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"
#include "vmm/base/sock.h"
#include "vmm/disk.h"
#include "vmm/fd_set.h"

#define DISK_BYTES (4U << 20)
#define LAYERS 4 /* the last is added while QEMU runs */
#define FIRST_FD 10
#define QMP_FD 3
#define QMP_MS 30000

static char dir[64];
static int dir_fd;
static char *paths[LAYERS];

static struct disk_chain chain_of(unsigned count, const unsigned *ids)
{
    struct disk_chain chain = { .count = count };

    for (unsigned i = 0; i < count; i++)
        chain.layers[i] = (struct disk_layer){ .path = paths[ids[i]],
                                               .format = ids[i] ? DISK_QCOW2 : DISK_RAW,
                                               .id = ids[i] };
    return chain;
}

static void run_program(const char *const *argv)
{
    scoped_buf out = BUF_INIT(65536);
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };

    if (!proc_run(&spec, 60000, &out, &err))
        fail_msg("%s", err.message);
}

static void write_to_layer(unsigned id, const char *command)
{
    const char *const argv[] = { "qemu-io", "-c", command, paths[id], NULL };

    run_program(argv);
}

static int set_up(void **state)
{
    struct pyro_error err;

    (void)state;
    snprintf(dir, sizeof(dir), "/tmp/pyro-fd-set.XXXXXX");
    assert_non_null(mkdtemp(dir));
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (unsigned i = 0; i < LAYERS; i++) {
        char name[16];
        snprintf(name, sizeof(name), "layer%u", i);
        paths[i] = str_printf("%s/%s", dir, name);
        if (i) {
            assert_true(disk_create_overlay(dir_fd, name, DISK_BYTES, &err));
        } else {
            close(openat(dir_fd, name, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
            assert_int_equal(truncate(paths[i], DISK_BYTES), 0);
        }
    }
    write_to_layer(1, "write -P 1 0 64k");
    write_to_layer(2, "write -P 2 64k 64k");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LAYERS; i++)
        free(paths[i]);
    close(dir_fd);
    fs_discard_tree(AT_FDCWD, dir);
    return 0;
}

static mode_t mode_of(unsigned id)
{
    struct stat st;

    assert_int_equal(stat(paths[id], &st), 0);
    return st.st_mode & 07777;
}

/* Adds layer `id`, writable or not, to the command; the strings are the caller's. */
static void add_layer(struct proc_spec *spec, const char **argv, unsigned *argc, unsigned id,
                      bool writable)
{
    struct disk_layer layer = { .format = id ? DISK_QCOW2 : DISK_RAW, .id = id }, below;
    scoped_json json_t *node = NULL;
    struct pyro_error err;

    below = (struct disk_layer){ .id = id - 1 };
    node = disk_blockdev_node(&layer, id ? &below : NULL, writable);
    argv[(*argc)++] = "-add-fd";
    argv[(*argc)++] = str_printf("fd=%u,set=%u,opaque=%s", FIRST_FD + id, id,
                                 writable ? FD_SET_WRITABLE : FD_SET_READ_ONLY);
    argv[(*argc)++] = "-blockdev";
    argv[(*argc)++] = json_compact(node);
    spec->fds[spec->fd_count].from = disk_open_layer(AT_FDCWD, paths[id], writable, &err);
    assert_true(spec->fds[spec->fd_count].from >= 0);
    spec->fds[spec->fd_count++].to = (int)(FIRST_FD + id);
}

/* A QEMU with the first three layers, the third written. */
static struct qmp *start_qemu(pid_t *ret_pid)
{
    const char *argv[40] = { "qemu-system-x86_64",
                             "-M",
                             "none",
                             "-nodefaults",
                             "-display",
                             "none",
                             "-no-user-config",
                             "-chardev",
                             "socket,id=q,fd=3,server=on,wait=off",
                             "-mon",
                             "chardev=q,mode=control" };
    struct proc_spec spec = proc_spec_of(argv);
    unsigned argc = 11, fixed = argc;
    struct pyro_error err = { 0 };
    struct qmp *qmp;

    spec.fds[0].from = sock_listen_at(dir_fd, "qmp", &err);
    spec.fds[0].to = QMP_FD;
    spec.fd_count = 1;
    spec.stderr_fd = 2;
    spec.die_with_parent = true;
    for (unsigned i = 0; i < LAYERS - 1; i++)
        add_layer(&spec, argv, &argc, i, i == LAYERS - 2);
    if (!proc_start(&spec, ret_pid, &err))
        fail_msg("%s", err.message);
    for (unsigned i = 0; i < spec.fd_count; i++)
        close(spec.fds[i].from);
    for (unsigned i = fixed + 1; i < argc; i += 2)
        free((void *)(uintptr_t)argv[i]);
    qmp = qmp_connect(dir_fd, "qmp", clock_ms() + QMP_MS, &err);
    if (!qmp)
        fail_msg("%s", err.message);
    return qmp;
}

static void ask(struct qmp *qmp, const char *command, json_t *arguments)
{
    struct pyro_error err = { 0 };

    if (!qmp_command(qmp, command, arguments, clock_ms() + QMP_MS, NULL, &err))
        fail_msg("%s", err.message);
}

static void give(struct qmp *qmp, unsigned id, bool writable)
{
    struct pyro_error err = { 0 };
    scoped_close int fd = disk_open_layer(AT_FDCWD, paths[id], writable, &err);

    if (fd < 0 || !fd_set_add(qmp, id, fd, writable, clock_ms() + QMP_MS, &err))
        fail_msg("%s", err.message);
}

static void lend(struct qmp *qmp, unsigned id)
{
    struct pyro_error err = { 0 };
    scoped_close int writable = disk_open_layer(AT_FDCWD, paths[id], true, &err);
    scoped_close int read_only = disk_open_layer(AT_FDCWD, paths[id], false, &err);

    if (!fd_set_lend(qmp, id, read_only, writable, clock_ms() + QMP_MS, &err))
        fail_msg("%s", err.message);
}

static void take_back(struct qmp *qmp, unsigned active)
{
    struct pyro_error err = { 0 };

    if (!fd_set_keep_writable(qmp, active, clock_ms() + QMP_MS, &err))
        fail_msg("%s", err.message);
}

/* How many descriptors of the layer, in which it can be written, QEMU has. */
static unsigned writable_fds(pid_t pid, unsigned id)
{
    scoped_free char *fds = str_printf("/proc/%d/fd", (int)pid);
    scoped_dir DIR *open_fds = opendir(fds);
    const struct dirent *entry;
    unsigned n = 0;

    assert_non_null(open_fds);
    while ((entry = readdir(open_fds))) {
        scoped_free char *info = str_printf("/proc/%d/fdinfo/%s", (int)pid, entry->d_name);
        scoped_buf text = BUF_INIT(4096);
        struct pyro_error err;
        char target[256] = "";
        const char *flags;
        if (readlinkat(dirfd(open_fds), entry->d_name, target, sizeof(target) - 1) <= 0 ||
            strcmp(target, paths[id]) != 0 || !fs_read_file(AT_FDCWD, info, &text, &err))
            continue;
        flags = strstr(text.data, "flags:");
        assert_non_null(flags);
        n += (strtoul(flags + strlen("flags:"), NULL, 8) & O_ACCMODE) != O_RDONLY;
    }
    return n;
}

/* The layer above takes over; the one below is for reading then. */
static void move_on(struct qmp *qmp)
{
    struct disk_layer above = { .format = DISK_QCOW2, .id = 3 };

    give(qmp, 2, false);
    give(qmp, 3, true);
    ask(qmp, "blockdev-add", disk_blockdev_node(&above, NULL, true));
    ask(qmp, "blockdev-snapshot", json_pack("{s:s, s:s}", "node", "layer2", "overlay", "layer3"));
    take_back(qmp, 3);
}

static void wait_for_job(struct qmp *qmp)
{
    scoped_json json_t *data = NULL;
    struct pyro_error err = { 0 };

    if (!qmp_wait_event(qmp, "BLOCK_JOB_COMPLETED", clock_ms() + QMP_MS, &data, &err))
        fail_msg("%s", err.message);
    assert_null(json_object_get(data, "error"));
    take_back(qmp, 3);
}

/* layer2 goes into layer1, which QEMU was given to read only. */
static void join(struct qmp *qmp)
{
    lend(qmp, 1);
    ask(qmp, "block-commit",
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "job-id", "join", "device", "layer3", "base-node",
                  "layer1", "top-node", "layer2", "backing-file", ""));
    wait_for_job(qmp);
}

/* layer2, which was the active one, gets what layer1 holds. QEMU 10 leaves it open for writing: who
 * flattens opens it again. */
static void flatten(struct qmp *qmp)
{
    struct disk_layer flat = { .format = DISK_QCOW2, .id = 2 }, below = { .id = 0 };

    lend(qmp, 2);
    ask(qmp, "block-stream",
        json_pack("{s:s, s:s, s:s, s:s}", "job-id", "flatten", "device", "layer2", "base-node",
                  "layer0", "backing-file", ""));
    wait_for_job(qmp);
    ask(qmp, "blockdev-reopen",
        json_pack("{s:[o]}", "options", disk_blockdev_again(&flat, &below, false)));
}

/* The attacks of a compromised QEMU with a read-only descriptor of an image. */
static int lock_out(unsigned id)
{
    struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 200 };
    int fd = open(paths[id], O_RDONLY | O_CLOEXEC);

    assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
    return fd;
}

static void check_content(unsigned middle)
{
    const unsigned ids[] = { 0, middle, 3 };
    struct disk_chain chain = chain_of(ARRAY_SIZE(ids), ids);
    struct pyro_error err = { 0 };
    scoped_free char *name = disk_json_name(&chain, &err);
    const char *const argv[] = { "qemu-io",           "-r", "-c", "read -P 1 0 64k", "-c",
                                 "read -P 2 64k 64k", name, NULL };

    run_program(argv);
}

static void check_jobs(void (*job)(struct qmp *), unsigned middle)
{
    scoped_close int base_lock = lock_out(0), lower_lock = lock_out(1);
    scoped_kill pid = 0;
    struct qmp *qmp = start_qemu(&pid);

    assert_int_equal(mode_of(0), 0444);
    assert_int_equal(mode_of(1), 0400);
    assert_int_equal(mode_of(2), 0600);
    assert_int_equal(writable_fds(pid, 0) + writable_fds(pid, 1), 0);
    assert_true(writable_fds(pid, 2) > 0);
    move_on(qmp);
    assert_int_equal(mode_of(2), 0400);
    assert_int_equal(writable_fds(pid, 2), 0);
    assert_true(writable_fds(pid, 3) > 0);
    job(qmp);
    assert_int_equal(mode_of(middle), 0400);
    assert_int_equal(writable_fds(pid, 1) + writable_fds(pid, 2), 0);
    assert_true(writable_fds(pid, 3) > 0);
    ask(qmp, "quit", NULL);
    qmp_free(qmp);
    proc_kill(pid);
    pid = 0;
    check_content(middle); /* under the locks as well */
}

static void test_only_the_active_layer_can_be_written(void **state)
{
    (void)state;
    check_jobs(join, 1);
}

static void test_so_it_is_when_a_former_one_is_flattened(void **state)
{
    (void)state;
    check_jobs(flatten, 2);
}

/* Files of an earlier pyro come with any mode; what is written has its owner's bit again. */
static void test_open_layer_sets_the_mode(void **state)
{
    static const struct {
        mode_t before;
        bool writable;
        mode_t after;
    } cases[] = {
        { 0644, false, 0444 }, { 0600, false, 0400 }, { 0666, false, 0444 },
        { 0400, true, 0600 },  { 0600, true, 0600 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pyro_error err;
        scoped_close int fd = -1;
        assert_int_equal(chmod(paths[1], cases[i].before), 0);
        fd = disk_open_layer(dir_fd, "layer1", cases[i].writable, &err);
        assert_true(fd >= 0);
        assert_int_equal(mode_of(1), cases[i].after);
        assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, cases[i].writable ? O_RDWR : O_RDONLY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_only_the_active_layer_can_be_written, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_so_it_is_when_a_former_one_is_flattened, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_open_layer_sets_the_mode, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
