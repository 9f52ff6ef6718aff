/* A QEMU known by its command line alone: every one of this user's, and nobody else's. */
#include "vmm/find.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"
#include "vmm/base/confine.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

static bool become(void *arg, struct pyro_error *err)
{
    uid_t uid = *(const uid_t *)arg;

    return uid == geteuid() || setresuid(uid, uid, uid) == 0 || pyro_fail_errno(err, "setresuid");
}

/* A process that has the words of a QEMU of that name on its command line. */
static pid_t start_named(const char *name, uid_t uid)
{
    scoped_free char *value = str_printf("pyro-%s", name);
    const char *argv[] = { "sh", "-c", "kill -STOP $$", "sh", "-name", value, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    struct pyro_error err = { 0 };
    pid_t pid;

    spec.before_exec = become;
    spec.arg = &uid;
    if (!proc_start(&spec, &pid, &err))
        fail_msg("%s", err.message);
    return pid;
}

static bool is_running(pid_t pid)
{
    return proc_start_time(pid) != 0;
}

static void test_kill_by_name_kills_all_of_them(void **state)
{
    scoped_free char *name = str_printf("find-%d", (int)getpid());
    scoped_free char *other_name = str_printf("find-%d-other", (int)getpid());
    pid_t first = start_named(name, geteuid()), second = start_named(name, geteuid());
    pid_t other = start_named(other_name, geteuid());

    (void)state;
    vm_kill_by_name(name);
    assert_false(is_running(first));
    assert_false(is_running(second));
    assert_true(is_running(other));
    proc_kill(first), proc_kill(second), proc_kill(other);
}

static void test_only_the_users_own_are_believed(void **state)
{
    scoped_free char *name = str_printf("find-%d", (int)getpid());
    pid_t stranger, jailed;

    (void)state;
    if (geteuid() != 0)
        skip();
    stranger = start_named(name, 54321);
    vm_kill_by_name(name);
    assert_true(is_running(stranger));
    jailed = start_named(name, CONFINE_NOBODY); /* as root's QEMUs are */
    vm_kill_by_name(name);
    assert_false(is_running(jailed));
    assert_true(is_running(stranger));
    proc_kill(stranger), proc_kill(jailed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill_by_name_kills_all_of_them),
        cmocka_unit_test(test_only_the_users_own_are_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
