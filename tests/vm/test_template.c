/*
 * Templates and clones on the real QEMU: built, copied, shared, damaged, adopted, removed. Uses the
 * kernel and initramfs of the shared cache, a machine of 256 MiB and no environment, so that a cold
 * boot is all it waits for.
 */
#include "vmm/clone.h"
#include "vmm/template.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/environment/boot.h"
#include "tests/unit/built.h"
#include "vmm/base/fs.h"
#include "vmm/base/link.h"
#include "vmm/vm.h"

#define DISK_BYTES (64 << 20)

static char home[64];
static char *templates_dir, *cache_dir;
static struct boot_files boot;
static struct template_spec spec;

/* --- a machine of one's own --- */

struct machine {
    struct vm vm;
    char dir[128];
    int run_fd;
};

static void start_machine(struct machine *m, const struct template *t)
{
    static unsigned count;
    scoped_free char *overlay = NULL;
    struct disk_chain disk = { .count = 1 };
    struct vm_spec vm_spec = { .template = t, .disk = &disk };
    struct pyro_error err = { 0 };

    m->vm = (struct vm)VM_INIT;
    snprintf(m->dir, sizeof(m->dir), "%s/run%d-%u", home, (int)getpid(), count++);
    assert_int_equal(mkdir(m->dir, 0700), 0);
    m->run_fd = open(m->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(disk_create_overlay(m->run_fd, "disk.qcow2", DISK_BYTES, &err));
    overlay = str_printf("%s/disk.qcow2", m->dir);
    disk.layers[0] = (struct disk_layer){ .path = overlay, .format = DISK_QCOW2 };
    vm_spec.run_dirfd = m->run_fd;
    if (!vm_start(&vm_spec, &m->vm, &err))
        fail_msg("%s", err.message);
}

static void end_machine(struct machine *m)
{
    vm_kill(&m->vm);
    vm_release(&m->vm);
    close(m->run_fd);
}

struct talk {
    bool ready, lost;
};

static void on_ready(struct link *link)
{
    ((struct talk *)link_arg(link))->ready = true;
}

static void on_lost(struct link *link, const struct pyro_error *err)
{
    (void)err;
    ((struct talk *)link_arg(link))->lost = true;
}

/* Whether the guest answers a hello. */
static bool says_hello(struct vm *vm, bool resync)
{
    static const struct link_ops ops = { .ready = on_ready, .lost = on_lost };
    struct pyro_error err = { 0 };
    struct loop *loop = loop_new(&err);
    struct talk talk = { 0 };
    struct link *link = link_new(loop, vm->guest_fd, LINK_HOST_PORT, &ops, &talk, &err);
    int64_t deadline_ms = clock_ms() + 30000;

    assert_non_null(link);
    vm->guest_fd = -1;
    assert_true(link_hello(link, resync, &err));
    while (!talk.ready && !talk.lost && clock_ms() < deadline_ms)
        loop_run_once(loop, 1000);
    link_free(link);
    loop_free(loop);
    return talk.ready;
}

static void open_template(struct template *t)
{
    struct pyro_error err = { 0 };

    *t = (struct template)TEMPLATE_INIT;
    if (!template_open(&spec, t, &err))
        fail_msg("%s", err.message);
}

/* --- the tests, in this order: the first builds what the others use --- */

static void test_open_builds_once(void **state)
{
    struct template t;
    char key[40];

    (void)state;
    open_template(&t);
    assert_true(t.built);
    snprintf(key, sizeof(key), "%s", t.key);
    template_release(&t);
    open_template(&t);
    assert_false(t.built);
    assert_string_equal(t.key, key);
    template_release(&t);
    spec.initramfs_digest = "another";
    open_template(&t);
    assert_true(t.built);
    assert_string_not_equal(t.key, key);
    template_release(&t);
    spec.initramfs_digest = boot.initramfs_digest;
}

static void test_clones_run_side_by_side(void **state)
{
    struct machine machines[3];
    struct template t;

    (void)state;
    open_template(&t);
    for (int i = 0; i < 3; i++)
        start_machine(&machines[i], &t);
    for (int i = 0; i < 3; i++)
        assert_true(says_hello(&machines[i].vm, false));
    for (int i = 0; i < 3; i++)
        end_machine(&machines[i]);
    template_release(&t);
}

/* Tries every way to change a file through one descriptor of another process. */
static void try_to_change(const char *path)
{
    scoped_close int fd = open(path, O_RDWR | O_CLOEXEC);
    void *map;

    if (fd < 0)
        return;
    assert_int_equal(pwrite(fd, "evil", 4, 0), -1);
    assert_int_equal(ftruncate(fd, 4096), -1);
    assert_int_equal(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096), -1);
    map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_equal(map, MAP_FAILED);
}

/* Through each descriptor and each mapping that a running QEMU has of its template's RAM. */
static void test_ram_is_out_of_reach_of_a_clone(void **state)
{
    static const char *const places[] = { "fd", "map_files" };
    struct machine m;
    struct template t;
    unsigned seen = 0;

    (void)state;
    open_template(&t);
    start_machine(&m, &t);
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        scoped_free char *path = str_printf("/proc/%d/%s", (int)m.vm.pid, places[i]);
        scoped_dir DIR *dir = opendir(path);
        const struct dirent *entry;
        while (dir && (entry = readdir(dir)) != NULL) {
            scoped_free char *file = str_printf("%s/%s", path, entry->d_name);
            char target[256];
            ssize_t n = readlink(file, target, sizeof(target) - 1);
            target[n > 0 ? n : 0] = '\0';
            if (!strstr(target, "memfd:pyro-memory"))
                continue;
            try_to_change(file);
            seen++;
        }
    }
    assert_true(seen > 0);
    end_machine(&m);
    template_release(&t);
}

static void test_ram_is_shared_by_holders(void **state)
{
    struct template t, second;
    struct stat a, b;
    pid_t holder;

    (void)state;
    open_template(&t);
    holder = fork();
    if (holder == 0) {
        pause();
        _exit(0);
    }
    assert_int_equal(fstat(t.ram_fd, &a), 0);
    template_release(&t);
    open_template(&second);
    assert_int_equal(fstat(second.ram_fd, &b), 0);
    assert_int_equal(a.st_ino, b.st_ino);
    template_release(&second);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
}

/* A cache that was removed, or another one, gives a second build of the same template: its clones
 * get its own memory while the first build's is still held. */
static void test_builds_of_one_key_do_not_mix(void **state)
{
    scoped_free char *path = NULL;
    struct pyro_error err = { 0 };
    struct ram_identity first;
    struct template t;
    struct machine m;
    pid_t holder;

    (void)state;
    open_template(&t);
    first = t.ram;
    holder = fork();
    if (holder == 0) {
        pause();
        _exit(0);
    }
    path = str_printf("%s/%s", templates_dir, t.key);
    template_release(&t);
    assert_true(fs_remove_tree(AT_FDCWD, path, &err));
    for (int i = 0; i < 2; i++) {
        scoped_close int held = ram_find_holder(&first);
        struct stat a, b;
        open_template(&t);
        assert_true(t.built == (i == 0));
        assert_true(held >= 0);
        assert_int_equal(fstat(held, &a), 0);
        assert_int_equal(fstat(t.ram_fd, &b), 0);
        assert_true((strcmp(first.digest, t.ram.digest) == 0) == (a.st_ino == b.st_ino));
        start_machine(&m, &t);
        assert_true(says_hello(&m.vm, false));
        end_machine(&m);
        template_release(&t);
    }
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
}

static void damage(const char *key, const char *name, off_t at, bool cut)
{
    scoped_free char *path = str_printf("%s/%s/%s", templates_dir, key, name);
    int fd = open(path, O_RDWR | O_CLOEXEC);

    assert_true(fd >= 0);
    if (cut)
        assert_int_equal(ftruncate(fd, at), 0);
    else
        assert_int_equal(pwrite(fd, "damage", 6, at), 6);
    close(fd);
}

static void test_a_damaged_template_is_built_anew(void **state)
{
    static const struct {
        const char *file;
        off_t at;
        bool cut;
    } cases[] = { { "ram", 32 << 20, false },
                  { "state", 100, true },
                  { "template.json", 0, false } };
    struct template t;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        open_template(&t);
        template_release(&t);
        damage(t.key, cases[i].file, cases[i].at, cases[i].cut);
        open_template(&t);
        if (!t.built)
            fail_msg("damage to %s went unnoticed", cases[i].file);
        template_release(&t);
    }
    open_template(&t);
    assert_false(t.built);
    template_release(&t);
}

/* A supervisor starts QEMU and dies; the next one takes it over, RAM and all. */
static void test_adopt_after_the_supervisor_died(void **state)
{
    struct vm adopted = VM_INIT;
    struct pyro_error err = { 0 };
    struct template t;
    struct machine m;
    int pipe_fds[2];
    pid_t child;

    (void)state;
    open_template(&t);
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        start_machine(&m, &t);
        if (!says_hello(&m.vm, false) || write(pipe_fds[1], &m, sizeof(m)) != sizeof(m))
            _exit(1);
        raise(SIGKILL);
    }
    close(pipe_fds[1]);
    assert_int_equal(read(pipe_fds[0], &m, sizeof(m)), sizeof(m));
    close(pipe_fds[0]);
    waitpid(child, NULL, 0);
    m.run_fd = open(m.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_false(vm_adopt(m.vm.pid, m.vm.start_time + 1, m.run_fd, NULL, &adopted, &err));
    assert_int_equal(err.code, PYRO_VM_FAILED);
    if (!vm_adopt(m.vm.pid, m.vm.start_time, m.run_fd, &t.ram, &adopted, &err))
        fail_msg("%s", err.message);
    assert_true(adopted.ram_fd >= 0);
    assert_true(adopted.stderr_fd >= 0);
    assert_false(vm_wait(&adopted, clock_ms()));
    assert_true(says_hello(&adopted, true));
    vm_kill(&adopted);
    assert_true(vm_wait(&adopted, clock_ms()));
    vm_release(&adopted);
    close(m.run_fd);
    template_release(&t);
}

static void test_end_is_described(void **state)
{
    struct template t;
    struct machine m;
    char why[256];

    (void)state;
    open_template(&t);
    start_machine(&m, &t);
    assert_false(vm_wait(&m.vm, clock_ms()));
    assert_int_equal(kill(m.vm.pid, SIGKILL), 0);
    assert_true(vm_wait(&m.vm, clock_ms() + 10000));
    vm_describe_end(&m.vm, why, sizeof(why));
    assert_string_equal(why, "QEMU was killed by signal 9 (Killed)");
    end_machine(&m);
    template_release(&t);
}

static unsigned count_entries(const char *prefix)
{
    scoped_dir DIR *dir = opendir(templates_dir);
    const struct dirent *entry;
    unsigned n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        n += strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && entry->d_name[0] != '.';
    return n;
}

/* A builder that is killed while its guest boots takes QEMU with it; its debris goes next time. */
static void test_a_killed_builder_leaves_nothing(void **state)
{
    struct template t;
    pid_t builder;

    (void)state;
    spec.mem_mib = 384;
    builder = fork();
    if (builder == 0) {
        open_template(&t);
        _exit(0);
    }
    while (count_entries("tmp-") == 0)
        assert_int_equal(waitpid(builder, NULL, WNOHANG), 0);
    kill(builder, SIGKILL);
    waitpid(builder, NULL, 0);
    assert_int_equal(count_entries("tmp-"), 1);
    open_template(&t); /* waits for nobody: the lock went with the builder */
    assert_true(t.built);
    template_release(&t);
    assert_int_equal(count_entries("tmp-"), 0);
    spec.mem_mib = 256;
}

static void test_prune_spares_what_is_in_use(void **state)
{
    struct pyro_error err = { 0 };
    struct template t;
    struct machine m;
    pid_t holder;

    (void)state;
    open_template(&t);
    assert_true(template_prune(templates_dir, 0, false, NULL, NULL, &err) >= 0);
    assert_int_equal(faccessat(t.lock_fd, "template.json", F_OK, 0), 0);
    start_machine(&m, &t);
    holder = fork(); /* as a supervisor holds the RAM, and nothing else */
    if (holder == 0) {
        template_release(&t);
        pause();
        _exit(0);
    }
    end_machine(&m);
    template_release(&t);
    assert_true(template_prune(templates_dir, 0, false, NULL, NULL, &err) >= 0);
    open_template(&t);
    assert_false(t.built);
    template_release(&t);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    assert_true(template_prune(templates_dir, 0, false, NULL, NULL, &err) > (1 << 20));
    assert_int_equal(count_entries(""), 2); /* the lock files */
}

static int set_up(void **state)
{
    const char *cache = getenv("PYRO_TEST_CACHE");
    scoped_free char *libexec = built_program("pyro");
    struct pyro_error err = { 0 };

    (void)state;
    if (cache)
        setenv("XDG_CACHE_HOME", cache, 1);
    *strrchr(libexec, '/') = '\0';
    setenv("PYRO_LIBEXEC", libexec, 0);
    if (!boot_files_ensure(NULL, &boot, &err))
        fail_msg("%s", err.message);
    snprintf(home, sizeof(home), "/tmp/pyro-template.XXXXXX");
    assert_non_null(mkdtemp(home));
    templates_dir = str_printf("%s/templates", home);
    cache_dir = str_printf("%s/cache", home);
    assert_true(fs_mkdir_p(templates_dir, 0700, &err) && fs_mkdir_p(cache_dir, 0700, &err));
    spec = (struct template_spec){ .templates_dir = templates_dir,
                                   .cache_dir = cache_dir,
                                   .kind = TEMPLATE_RESTART,
                                   .kernel_path = boot.kernel,
                                   .kernel_digest = boot.kernel_digest,
                                   .initramfs_path = boot.initramfs,
                                   .initramfs_digest = boot.initramfs_digest,
                                   .vcpu_count = 1,
                                   .mem_mib = 256 };
    return 0;
}

static int tear_down(void **state)
{
    struct pyro_error err;

    (void)state;
    assert_true(fs_remove_tree(AT_FDCWD, home, &err));
    free(templates_dir);
    free(cache_dir);
    boot_files_release(&boot);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_builds_once),
        cmocka_unit_test(test_clones_run_side_by_side),
        cmocka_unit_test(test_ram_is_out_of_reach_of_a_clone),
        cmocka_unit_test(test_ram_is_shared_by_holders),
        cmocka_unit_test(test_builds_of_one_key_do_not_mix),
        cmocka_unit_test(test_a_damaged_template_is_built_anew),
        cmocka_unit_test(test_adopt_after_the_supervisor_died),
        cmocka_unit_test(test_end_is_described),
        cmocka_unit_test(test_a_killed_builder_leaves_nothing),
        cmocka_unit_test(test_prune_spares_what_is_in_use),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
