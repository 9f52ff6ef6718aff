/* Every jail against every attack (inmate.h), as root and as a user. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/fetch/jail.h"
#include "engine/http/jail.h"
#include "engine/image/jail.h"
#include "engine/network/guard.h"
#include "tests/unit/inmate.h"
#include "vmm/base/confine.h"
#include "vmm/base/fs.h"
#include "vmm/base/sandbox.h"
#include "vmm/jail.h"

#define INSIDE "--inmate" /* index, pid of the victim: the inmate itself */
#define SELF_FD 3
#define FILE_FD 7

static int self_fd;

/* ---- QEMU's: this program, where QEMU would be ---- */

static bool start_in_qemu_jail(unsigned index, const struct inmate_prey *prey, const char *path,
                               int out_fd, pid_t *ret_pid)
{
    char number[16], victim[16];
    const char *const argv[] = { "/proc/self/fd/3", INSIDE, number, victim, NULL };
    struct jail_read_only file = { .path = path, .fd = FILE_FD };
    const struct jail jail = {
        .accel = ACCEL_TCG, .file_size_max = 1 << 20, .read_only = &file, .read_only_count = 1
    };
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };
    struct stat st;
    unsigned steps;

    snprintf(number, sizeof(number), "%u", index);
    snprintf(victim, sizeof(victim), "%d", (int)prey->victim);
    assert_int_equal(fstat(prey->file_fd, &st), 0);
    file.device = st.st_dev;
    file.inode = st.st_ino;
    spec.stdout_fd = out_fd;
    spec.fds[0].from = self_fd, spec.fds[0].to = SELF_FD;
    spec.fds[1].from = prey->file_fd, spec.fds[1].to = FILE_FD;
    spec.fd_count = 2;
    if (jail_start(&jail, &spec, ret_pid, &steps, &err))
        return true;
    print_error("%s\n", err.message);
    return false;
}

static const struct inmate_jail qemu_jail = { "QEMU's jail", start_in_qemu_jail, NULL };

/* ---- the same where the host lacks a belt: the other one keeps the file ---- */

struct lack {
    const struct confine_rule *rules;
    size_t count;
};

/* A process to which the kernel seems to lack something starts the jail, and ends as that does. */
static bool start_lacking(const struct lack *lack, unsigned index, const struct inmate_prey *prey,
                          const char *path, int out_fd, pid_t *ret_pid)
{
    pid_t pid = fork(), inside;
    int status;

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!confine_calls(lack->rules, lack->count, CONFINE_ALLOW) ||
            !start_in_qemu_jail(index, prey, path, out_fd, &inside) ||
            waitpid(inside, &status, 0) != inside)
            _exit(1);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    *ret_pid = pid;
    return pid > 0;
}

static bool start_without_mounts(unsigned index, const struct inmate_prey *prey, const char *path,
                                 int out_fd, pid_t *ret_pid)
{
    const struct confine_rule rules[] = { { .call = SYS_open_tree,
                                            .action = CONFINE_FAIL(ENOSYS) } };
    const struct lack lack = { rules, ARRAY_SIZE(rules) };

    return start_lacking(&lack, index, prey, path, out_fd, ret_pid);
}

static bool start_without_filter(unsigned index, const struct inmate_prey *prey, const char *path,
                                 int out_fd, pid_t *ret_pid)
{
    const struct confine_rule rules[] = {
        { SYS_prctl, CONFINE_FAIL(EINVAL), CONFINE_EQUAL, 0, PR_SET_SECCOMP },
        { .call = SYS_landlock_create_ruleset, .action = CONFINE_FAIL(ENOSYS) },
    };
    const struct lack lack = { rules, ARRAY_SIZE(rules) };

    return start_lacking(&lack, index, prey, path, out_fd, ret_pid);
}

/* The filter's purpose, beside the file. */
static const char *const not_the_file[] = { "lease_it",           "claim_it",
                                            "unshare_user",       "clone_user",
                                            "clone3_user",        "join_namespace",
                                            "make_socket",        "use_io_uring",
                                            "make_unix_socket",   "make_netlink_socket",
                                            "use_userfaultfd",    "use_bpf",
                                            "use_keys",           "add_key",
                                            "use_perf",           "make_memory_file",
                                            "make_shared_memory", NULL };

static const struct inmate_jail qemu_jail_without[] = {
    { "QEMU's jail without read-only mounts", start_without_mounts, NULL },
    { "QEMU's jail without a filter and Landlock", start_without_filter, not_the_file },
};

static void test_qemu(void **state)
{
    unsigned steps;
    struct pyro_error err;

    (void)state;
    assert_true(jail_probe(&steps, &err));
    if (!(steps & JAIL_MOUNT_NAMESPACE) || !(steps & JAIL_PID_NAMESPACE))
        skip(); /* this host does not allow what its files and processes are kept from it by */
    inmate_assert_held(&qemu_jail);
    for (size_t i = 0; i < ARRAY_SIZE(qemu_jail_without); i++)
        inmate_assert_held(&qemu_jail_without[i]);
}

/* ---- the jails that a process enters itself ---- */

/* A child of this process, which is in the jail once `enter` has returned. */
static bool start_entering(bool (*enter)(void), unsigned index, const struct inmate_prey *prey,
                           int out_fd, pid_t *ret_pid)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || dup2(out_fd, 1) != 1 || !enter())
            _exit(1);
        inmate_attack(index, prey);
    }
    *ret_pid = pid;
    return pid > 0;
}

static bool enter_image_jail(void)
{
    struct pyro_error err;

    return jail_enter(&err);
}

static bool start_in_image_jail(unsigned index, const struct inmate_prey *prey,
                                const char *path UNUSED, int out_fd, pid_t *ret_pid)
{
    return start_entering(enter_image_jail, index, prey, out_fd, ret_pid);
}

static bool enter_image_jail_without_landlock(void)
{
    const struct confine_rule rules[] = { { .call = SYS_landlock_create_ruleset,
                                            .action = CONFINE_FAIL(ENOSYS) } };

    return confine_calls(rules, ARRAY_SIZE(rules), CONFINE_ALLOW) && enter_image_jail() &&
           (jail_missing() & JAIL_WITHOUT_LANDLOCK);
}

static bool start_without_landlock(unsigned index, const struct inmate_prey *prey,
                                   const char *path UNUSED, int out_fd, pid_t *ret_pid)
{
    return start_entering(enter_image_jail_without_landlock, index, prey, out_fd, ret_pid);
}

static bool enter_http_jail(void)
{
    struct pyro_error err;

    return http_jail_enter(&err);
}

static bool start_in_http_jail(unsigned index, const struct inmate_prey *prey,
                               const char *path UNUSED, int out_fd, pid_t *ret_pid)
{
    return start_entering(enter_http_jail, index, prey, out_fd, ret_pid);
}

static bool enter_fetch_jail(void)
{
    struct pyro_error err;

    return fetch_jail_enter(&err);
}

static bool start_in_fetch_jail(unsigned index, const struct inmate_prey *prey,
                                const char *path UNUSED, int out_fd, pid_t *ret_pid)
{
    return start_entering(enter_fetch_jail, index, prey, out_fd, ret_pid);
}

static bool start_in_guard_jail(unsigned index, const struct inmate_prey *prey,
                                const char *path UNUSED, int out_fd, pid_t *ret_pid)
{
    return start_entering(guard_confine, index, prey, out_fd, ret_pid);
}

struct pane_attack {
    unsigned index;
    struct inmate_prey prey;
};

static bool attack_from_pane(void *arg)
{
    const struct pane_attack *a = arg;

    inmate_attack(a->index, &a->prey);
}

static bool start_in_pane_jail(unsigned index, const struct inmate_prey *prey,
                               const char *path UNUSED, int out_fd, pid_t *ret_pid)
{
    struct pane_attack a = { index, { .file_fd = -1, .victim = prey->victim } };
    const struct sandbox_task task = { .job = attack_from_pane, .arg = &a, .heap_bytes = 1 << 20 };

    return sandbox_spawn(&task, -1, out_fd, ret_pid, NULL);
}

/* A sanitizer in the inmate itself leaves the filter out. */
static void skip_sanitized(void)
{
    if (CONFINE_SANITIZED)
        skip();
}

static void test_image(void **state UNUSED)
{
    static const struct inmate_jail jails[] = {
        { "pyro-image's jail", start_in_image_jail, NULL },
        { "pyro-image's jail without Landlock", start_without_landlock, NULL },
    };

    skip_sanitized();
    for (size_t i = 0; i < ARRAY_SIZE(jails); i++)
        inmate_assert_held(&jails[i]);
}

static void test_pane(void **state UNUSED)
{
    static const struct inmate_jail jail = { "the pane's jail", start_in_pane_jail, NULL };

    skip_sanitized();
    inmate_assert_held(&jail);
}

static void test_http(void **state UNUSED)
{
    static const struct inmate_jail jail = { "pyro-http's jail", start_in_http_jail, NULL };

    skip_sanitized();
    inmate_assert_held(&jail);
}

static void test_fetch(void **state UNUSED)
{
    /* Connections are what it is for. */
    static const char *const its_work[] = { "make_socket", NULL };
    static const struct inmate_jail jail = { "pyro-fetch's jail", start_in_fetch_jail, its_work };

    skip_sanitized();
    inmate_assert_held(&jail);
}

static void test_guard(void **state UNUSED)
{
    static const struct inmate_jail jail = { "the guard's jail", start_in_guard_jail, NULL };

    skip_sanitized();
    inmate_assert_held(&jail);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_qemu), cmocka_unit_test(test_image), cmocka_unit_test(test_pane),
        cmocka_unit_test(test_http), cmocka_unit_test(test_fetch), cmocka_unit_test(test_guard),
    };

    if (argc == 4 && !strcmp(argv[1], INSIDE)) {
        const struct inmate_prey prey = { .file_fd = FILE_FD,
                                          .victim = (pid_t)strtol(argv[3], NULL, 10) };
        inmate_attack((unsigned)strtoul(argv[2], NULL, 10), &prey);
    }
    self_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
