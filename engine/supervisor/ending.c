/* engine/supervisor/ending.c: why a machine has ended. */
#include "engine/supervisor/ending.h"

#include <errno.h>
#include <sys/wait.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define END_MS 500 /* a process gives its memory back before it has ended */

void ending_describe(struct supervisor *s)
{
    size_t n = sizeof(s->end_reason);
    int status;

    if (s->end_reason[0])
        return;
    if (s->host_pid <= 0)
        vm_describe_end(&s->vm, s->end_reason, n);
    else if (waitpid(s->host_pid, &status, WNOHANG) == s->host_pid && WIFSIGNALED(status))
        snprintf(s->end_reason, n, "the guest program was killed by signal %d", WTERMSIG(status));
    else
        snprintf(s->end_reason, n, "the guest program ended");
}

void ending_explain(struct supervisor *s, struct pyro_error *err)
{
    bool is_of_it = err->code == PYRO_VM_FAILED || err->sys_errno == EPIPE;

    /* A connection breaks before the end of its process can be seen. */
    if (!is_of_it || s->host_pid > 0 || s->vm.pidfd < 0 ||
        !proc_wait_fd(s->vm.pidfd, clock_ms() + END_MS))
        return;
    ending_describe(s);
    pyro_fail(err, PYRO_VM_FAILED, "the VM ended: %s", s->end_reason);
}
