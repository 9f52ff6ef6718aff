/* The jail, seen from inside: a shell is put where QEMU would be. */
#include "vmm/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "vmm/base/confine.h"
#include "vmm/base/fs.h"

static const struct jail jail = { .accel = ACCEL_TCG, .file_size_max = 1 << 20 };

/* Runs a script inside; its standard output in `ret` (n bytes), its status returned. */
static int run_inside(const char *script, char *ret, size_t n, unsigned *ret_steps)
{
    const char *const argv[] = { "/usr/bin/bash", "-c", script, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };
    int pipe_fds[2], status;
    ssize_t got;
    pid_t pid;

    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    spec.stdout_fd = pipe_fds[1];
    if (!jail_start(&jail, &spec, &pid, ret_steps, &err))
        fail_msg("%s", err.message);
    close(pipe_fds[1]);
    got = fs_read_full(pipe_fds[0], ret, n - 1);
    close(pipe_fds[0]);
    assert_true(got >= 0);
    ret[got] = '\0';
    assert_true(proc_wait(pid, clock_ms() + 20000, &status, &err));
    return WEXITSTATUS(status);
}

static void test_probe_finds_what_start_gives(void **state)
{
    struct pyro_error err = { 0 };
    unsigned probed, steps;
    char out[256];

    (void)state;
    assert_true(jail_probe(&probed, &err));
    assert_int_equal(run_inside("exit 7", out, sizeof(out), &steps), 7);
    assert_int_equal(steps, probed);
    assert_true(steps & JAIL_NO_NEW_PRIVS);
    assert_true(steps & JAIL_LIMITS);
}

/* Each step that is reported to be in force is. */
static void test_steps_are_in_force(void **state)
{
    static const struct {
        unsigned step;
        const char *script, *wanted;
    } cases[] = {
        { JAIL_UNPRIVILEGED, "echo $EUID", "65534\n" },
        { JAIL_MOUNT_NAMESPACE, "echo /*", "/dev /etc /lib /lib32 /lib64 /libx32 /proc /usr\n" },
        { JAIL_MOUNT_NAMESPACE, "echo /dev/* /etc/* /proc/*",
          "/dev/null /etc/ld.so.cache /proc/self\n" },
        { JAIL_MOUNT_NAMESPACE, "echo x 2>&- >/usr/x || echo no", "no\n" },
        { JAIL_MOUNT_NAMESPACE, "echo x 2>&- >/x || echo no", "no\n" },
        { JAIL_MOUNT_NAMESPACE, "[[ -w /dev/null ]] && echo yes", "yes\n" },
        { JAIL_PID_NAMESPACE, "echo $$", "1\n" },
        { JAIL_NET_NAMESPACE | JAIL_MOUNT_NAMESPACE,
          "while read -r name rest; do echo $name; done </proc/self/net/dev",
          "Inter-|\nface\nlo:\n" },
        { JAIL_LIMITS, "ulimit -c; ulimit -f", "0\n1024\n" },
        { JAIL_NO_NEW_PRIVS | JAIL_MOUNT_NAMESPACE,
          "while read -r name value; do [[ $name == NoNewPrivs: ]] && echo $value; done "
          "</proc/self/status; true",
          "1\n" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        unsigned steps;
        char out[512];
        int status = run_inside(cases[i].script, out, sizeof(out), &steps);

        if ((steps & cases[i].step) != cases[i].step)
            continue; /* this host does not allow it */
        if (status != 0)
            fail_msg("%s: status %d", cases[i].script, status);
        if (strncmp(cases[i].script, "echo /*", 7) == 0) {
            assert_null(strstr(out, "/home")); /* which libraries there are differs */
            assert_null(strstr(out, "/tmp"));
            assert_null(strstr(out, "/root"));
            assert_non_null(strstr(out, "/proc /usr"));
        } else {
            assert_string_equal(out, cases[i].wanted);
        }
    }
}

static void test_start_reports_a_missing_program(void **state)
{
    static const char *const argv[] = { "/nonexistent/program", NULL };
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };
    unsigned steps;
    pid_t pid;

    (void)state;
    assert_false(jail_start(&jail, &spec, &pid, &steps, &err));
    assert_int_equal(err.code, PYRO_DEPENDENCY_MISSING);
}

static void test_describe(void **state)
{
    (void)state;
    assert_string_equal(jail_describe(JAIL_SECCOMP | JAIL_LIMITS),
                        "seccomp, limits; missing: unprivileged user, own root, own pids, own ipc, "
                        "no network, no new privileges, read-only mounts, call filter, landlock");
    assert_null(strstr(jail_describe(~0U), "missing"));
}

/* Where the kernel seems to have neither mounts that are read-only nor filters. */
static void weak_main(void)
{
    const struct confine_rule rules[] = {
        { .call = SYS_open_tree, .action = CONFINE_FAIL(ENOSYS) },
        { SYS_prctl, CONFINE_FAIL(EINVAL), CONFINE_EQUAL, 0, PR_SET_SECCOMP },
    };
    struct pyro_error err = { 0 };
    unsigned steps;

    if (geteuid() == 0 && (setresgid(1234, 1234, 1234) != 0 || setresuid(1234, 1234, 1234) != 0))
        _exit(2);
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    if (!confine_calls(rules, ARRAY_SIZE(rules), CONFINE_ALLOW))
        _exit(3);
    if (jail_probe(&steps, &err) || err.code != PYRO_PERMISSION ||
        !strstr(pyro_error_hint(&err), "PYRO_ALLOW_WEAK_JAIL"))
        _exit(4);
    setenv("PYRO_ALLOW_WEAK_JAIL", "1", 1);
    if (!jail_probe(&steps, &err) || (steps & (JAIL_READ_ONLY_MOUNTS | JAIL_CALL_FILTER)))
        _exit(5);
    _exit(0);
}

static void test_a_user_is_refused_a_weak_jail(void **state)
{
    int status;
    pid_t pid = fork();

    (void)state;
    if (pid == 0)
        weak_main();
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_memory_has_a_limit(void **state)
{
    const char *const argv[] = { "/usr/bin/bash", "-c", "ulimit -v", NULL };
    const struct jail limited = { .accel = ACCEL_TCG, .memory_max = 1 << 30 };
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };
    char out[64] = "";
    int pipe_fds[2], status;
    unsigned steps;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
    spec.stdout_fd = pipe_fds[1];
    assert_true(jail_start(&limited, &spec, &pid, &steps, &err));
    close(pipe_fds[1]);
    assert_true(fs_read_full(pipe_fds[0], out, sizeof(out) - 1) >= 0);
    close(pipe_fds[0]);
    assert_true(proc_wait(pid, clock_ms() + 20000, &status, &err));
    assert_string_equal(out, "1048576\n");
}

/* The same as a user who is not root: through a user namespace, where the host has them. */
static void test_steps_are_in_force_for_a_user(void **state)
{
    int status;
    pid_t pid;

    if (geteuid() != 0)
        return; /* then the test above was it */
    pid = fork();
    if (pid == 0) {
        if (setresgid(1234, 1234, 1234) != 0 || setresuid(1234, 1234, 1234) != 0)
            _exit(2);
        prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* as after an exec: else /proc/self is root's */
        test_steps_are_in_force(state);
        if (system("unshare -Urm mount -t tmpfs none /tmp 2>/dev/null") == 0) {
            struct pyro_error err;
            unsigned steps;
            if (!jail_probe(&steps, &err) || !(steps & JAIL_MOUNT_NAMESPACE))
                _exit(3);
        }
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probe_finds_what_start_gives),
        cmocka_unit_test(test_steps_are_in_force),
        cmocka_unit_test(test_steps_are_in_force_for_a_user),
        cmocka_unit_test(test_start_reports_a_missing_program),
        cmocka_unit_test(test_a_user_is_refused_a_weak_jail),
        cmocka_unit_test(test_memory_has_a_limit),
        cmocka_unit_test(test_describe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
