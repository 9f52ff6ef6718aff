/* tests/unit/base/test_proc.c: children with exactly the descriptors named, deadlines, identities.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define LONG_MS 60000

static void test_run_collects_output(void **state UNUSED)
{
    const char *argv[] = { "sh", "-c", "echo out; echo noise >&2", NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_buf out = BUF_INIT(100);

    assert_true(proc_run(&spec, LONG_MS, &out, NULL));
    assert_string_equal(out.data, "out\n");
}

static void test_run_quotes_the_last_line(void **state UNUSED)
{
    const char *argv[] = { "sh", "-c", "echo first >&2; echo 'the reason' >&2; echo >&2; exit 3",
                           NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_buf out = BUF_INIT(100);
    struct pyro_error err = { 0 };

    assert_false(proc_run(&spec, LONG_MS, &out, &err));
    assert_string_equal(err.message, "sh failed with status 3: the reason");
    argv[2] = "kill -9 $$";
    assert_false(proc_run(&spec, LONG_MS, &out, &err));
    assert_non_null(strstr(err.message, "signal 9"));
}

static void test_run_bounds_output(void **state UNUSED)
{
    const char *argv[] = { "sh", "-c", "head -c 1000000 /dev/zero | tee /dev/stderr", NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_buf out = BUF_INIT(100);

    assert_true(proc_run(&spec, LONG_MS, &out, NULL));
    assert_int_equal(out.len, 100);
}

static void test_run_past_its_deadline(void **state UNUSED)
{
    static const char *const scripts[] = { "exec sleep 1000", "exec >&- 2>&-; exec sleep 1000" };

    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
        const char *argv[] = { "sh", "-c", scripts[i], NULL };
        struct proc_spec spec = proc_spec_of(argv);
        scoped_buf out = BUF_INIT(100);
        struct pyro_error err = { 0 };
        assert_false(proc_run(&spec, 200, &out, &err));
        assert_int_equal(err.code, PYRO_TIMEOUT);
    }
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* killed and reaped */
}

static void test_start_reports_what_fails(void **state UNUSED)
{
    const char *none[] = { "no-such-program-here", NULL };
    const char *file[] = { "/etc/passwd", NULL };
    struct proc_spec spec = proc_spec_of(none);
    struct pyro_error err = { 0 };
    pid_t pid;

    assert_false(proc_start(&spec, &pid, &err));
    assert_int_equal(err.code, PYRO_DEPENDENCY_MISSING);
    spec.argv = file;
    assert_false(proc_start(&spec, &pid, &err));
    assert_int_equal(err.code, PYRO_PERMISSION);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static bool refuse(void *arg, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_NO_SPACE, "not %s", (const char *)arg);
}

static void test_before_exec_can_refuse(void **state UNUSED)
{
    const char *argv[] = { "true", NULL };
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };
    pid_t pid;

    spec.before_exec = refuse;
    spec.arg = (void *)(uintptr_t)"now";
    assert_false(proc_start(&spec, &pid, &err));
    assert_int_equal(err.code, PYRO_NO_SPACE);
    assert_string_equal(err.message, "not now");
}

/* Sources and targets that overlap crosswise; nothing else is open in the child. */
static void test_descriptors_are_exactly_those_named(void **state UNUSED)
{
    const char *argv[] = { "sh", "-c", "cat <&3; cat <&4; ls /proc/self/fd", NULL };
    struct proc_spec spec = proc_spec_of(argv);
    int a[2], b[2], out[2], status;
    char text[100] = "";
    pid_t pid;

    assert_int_equal(pipe2(a, O_CLOEXEC) | pipe2(b, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(write(a[1], "A\n", 2) + write(b[1], "B\n", 2), 4);
    close(a[1]), close(b[1]);
    spec.stdout_fd = out[1];
    spec.fds[0].from = b[0], spec.fds[0].to = 3;
    spec.fds[1].from = a[0], spec.fds[1].to = 4;
    spec.fd_count = 2;
    assert_true(proc_start(&spec, &pid, NULL));
    close(out[1]);
    assert_true(fs_read_full(out[0], text, sizeof(text) - 1) > 0);
    assert_string_equal(text, "B\nA\n0\n1\n2\n3\n4\n5\n");
    assert_true(proc_wait(pid, clock_ms() + LONG_MS, &status, NULL));
    assert_int_equal(status, 0);
    close(out[0]), close(a[0]), close(b[0]);
}

/* Whatever signals, mask, umask or directory this process has: a child has the defaults. */
static void test_nothing_is_inherited(void **state UNUSED)
{
    const char *argv[] = {
        "sh", "-c",
        "umask; pwd; tr '\\0' '\\n' </proc/$$/environ | grep -c .;"
        "grep -c '^Sig\\(Blk\\|Ign\\):.*[1-9a-f].\\{0,6\\}$' /proc/self/status; :",
        NULL
    };
    static const char *const set[] = { "A=1", NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_buf out = BUF_INIT(100);
    sigset_t set_mask, before_mask;
    mode_t before = umask(0);

    sigemptyset(&set_mask);
    sigaddset(&set_mask, SIGTERM);
    sigprocmask(SIG_BLOCK, &set_mask, &before_mask);
    signal(SIGHUP, SIG_IGN), signal(SIGPIPE, SIG_IGN);
    setenv("API_KEY", "canary", 1);
    assert_true(proc_run(&spec, LONG_MS, &out, NULL));
    assert_string_equal(out.data, "0022\n/\n0\n0\n");
    spec.inherit = INHERIT_UMASK;
    spec.set = set;
    buf_clear(&out);
    assert_true(proc_run(&spec, LONG_MS, &out, NULL));
    assert_string_equal(out.data, "0000\n/\n1\n0\n");
    umask(before);
    signal(SIGHUP, SIG_DFL), signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before_mask, NULL);
}

static void test_wait_and_kill(void **state UNUSED)
{
    const char *argv[] = { "sleep", "1000", NULL };
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };
    uint64_t start;
    int status, pidfd;
    pid_t pid;

    assert_true(proc_start(&spec, &pid, NULL));
    start = proc_start_time(pid);
    assert_true(start > 0);
    assert_true(proc_is_alive(pid, start));
    assert_false(proc_is_alive(pid, start + 1)); /* another process of that number */
    assert_int_equal(proc_open(pid, start + 1), -1);
    assert_int_equal(proc_user(pid), getuid());
    pidfd = proc_open(pid, start);
    assert_true(pidfd >= 0);
    assert_true(proc_signal_fd(pidfd, SIGCONT));
    assert_false(proc_is_alive(pid, 0));
    assert_false(proc_wait(pid, clock_ms() + 50, &status, &err));
    assert_int_equal(err.code, PYRO_TIMEOUT);
    assert_false(proc_is_alive(pid, start));
    assert_false(proc_signal_fd(pidfd, SIGCONT));
    assert_int_equal(proc_open(pid, start), -1);
    assert_int_equal(proc_user(pid), (uid_t)-1);
    close(pidfd);
    assert_int_equal(proc_start_time(0), 0);
    proc_kill(0);
    proc_kill(-1);
}

static void test_zombie_is_not_alive(void **state UNUSED)
{
    pid_t pid = fork();
    uint64_t start;
    siginfo_t info;

    if (pid == 0) {
        pause();
        _exit(0);
    }
    start = proc_start_time(pid);
    assert_true(proc_is_alive(pid, start));
    kill(pid, SIGKILL);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_false(proc_is_alive(pid, start));
    proc_kill(pid);
}

static void test_session_and_signals(void **state UNUSED)
{
    const char *argv[] = {
        "sh", "-c", "[ $(ps -o sid= -p $$) = $$ ] && grep -q 'SigBlk:.0*$' /proc/self/status", NULL
    };
    struct proc_spec spec = proc_spec_of(argv);
    sigset_t set, before;
    int status;
    pid_t pid;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &before);
    spec.new_session = true;
    assert_true(proc_start(&spec, &pid, NULL));
    sigprocmask(SIG_SETMASK, &before, NULL);
    assert_true(proc_wait(pid, clock_ms() + LONG_MS, &status, NULL));
    assert_int_equal(status, 0);
}

static pid_t start_shell(const char *script)
{
    const char *argv[] = { "sh", "-c", script, NULL };
    const struct proc_spec spec = proc_spec_of(argv);
    pid_t pid = 0;

    assert_true(proc_start(&spec, &pid, NULL));
    return pid;
}

/* One that is busy has processor time, one that sleeps asks for none. */
static void test_usage(void **state UNUSED)
{
    pid_t busy = start_shell("while :; do :; done"), asleep = start_shell("exec sleep 1000");
    int64_t deadline_ms = clock_ms() + LONG_MS;
    struct proc_usage u = { 0 };

    while (u.ran_ms < 50 && clock_ms() < deadline_ms)
        assert_true(proc_usage(busy, &u));
    assert_true(u.ran_ms >= 50);
    assert_true(proc_usage(asleep, &u));
    assert_true(u.ran_ms < 5000);
    proc_kill(busy), proc_kill(asleep);
    assert_false(proc_usage(busy, &u));
}

/* Grandchildren in a session of their own too, whose parent is gone. */
static void test_end_children(void **state UNUSED)
{
    static const char script[] = "setsid sleep 1000 & setsid sh -c 'sleep 1000 & sleep 1000' & "
                                 "echo; exec sleep 1000";
    const char *argv[] = { "sh", "-c", script, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    int out[2];
    pid_t pid;
    char c;

    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    spec.stdout_fd = out[1];
    proc_adopt_orphans();
    assert_true(proc_start(&spec, &pid, NULL));
    close(out[1]);
    assert_int_equal(read(out[0], &c, 1), 1);
    proc_end_children(clock_ms() + LONG_MS);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    assert_int_equal(read(out[0], &c, 1), 0); /* nobody has the other end */
    close(out[0]);
}

static void test_in_path(void **state UNUSED)
{
    scoped_free char *before = str_printf("%s", getenv("PATH"));

    assert_true(proc_in_path("sh", ""));
    assert_false(proc_in_path("no-such-program", ""));
    setenv("PATH", "/proc", 1);
    assert_false(proc_in_path("version", "")); /* a file, but no program */
    assert_false(proc_in_path("sh", ""));
    assert_true(proc_in_path("sh", PROC_SYSTEM_PATH));
    setenv("PATH", before, 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_collects_output),
        cmocka_unit_test(test_run_quotes_the_last_line),
        cmocka_unit_test(test_run_bounds_output),
        cmocka_unit_test(test_run_past_its_deadline),
        cmocka_unit_test(test_start_reports_what_fails),
        cmocka_unit_test(test_before_exec_can_refuse),
        cmocka_unit_test(test_descriptors_are_exactly_those_named),
        cmocka_unit_test(test_nothing_is_inherited),
        cmocka_unit_test(test_wait_and_kill),
        cmocka_unit_test(test_zombie_is_not_alive),
        cmocka_unit_test(test_session_and_signals),
        cmocka_unit_test(test_in_path),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_end_children),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
