/* vmm/base/offload.c: a child by fork(2), whose error comes through a pipe. */
#include "vmm/base/offload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

struct offload {
    struct loop *loop;
    pid_t pid;
    int fd; /* the child's error, or the end of file alone */
    offload_done_fn *done;
    void *arg;
};

static void run_child(offload_run_fn *run, void *arg, int fd, pid_t parent)
{
    struct pyro_error err = { 0 };

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    if (!run(arg, &err)) {
        (void)!fs_write_all(fd, &err, sizeof(err), &(struct pyro_error){ 0 });
        _exit(1);
    }
    _exit(0);
}

static void offload_on_end(void *arg, uint32_t events UNUSED)
{
    struct offload *o = arg;
    offload_done_fn *done = o->done;
    struct pyro_error err = { 0 };
    ssize_t n = fs_read_full(o->fd, &err, sizeof(err));
    void *done_arg = o->arg;
    int status;

    loop_unwatch(o->loop, o->fd);
    close(o->fd);
    if (!proc_wait(o->pid, clock_ms() + 1000, &status, &(struct pyro_error){ 0 }))
        status = -1;
    free(o);
    if (n != (ssize_t)sizeof(err) && status != 0)
        pyro_fail(&err, PYRO_INTERNAL, "a process that worked for this one was killed");
    done(done_arg, err.code ? &err : NULL);
}

struct offload *offload_start(struct loop *loop, offload_run_fn *run, offload_done_fn *done,
                              void *arg, struct pyro_error *err)
{
    struct offload *o = calloc(1, sizeof(*o));
    pid_t parent = getpid();
    int ends[2];

    BUG_ON(!o);
    *o = (struct offload){ .loop = loop, .done = done, .arg = arg };
    if (pipe2(ends, O_CLOEXEC) != 0) {
        free(o);
        return pyro_fail_errno(err, "pipe");
    }
    o->fd = ends[0];
    o->pid = fork();
    if (o->pid == 0)
        run_child(run, arg, ends[1], parent);
    close(ends[1]);
    if (o->pid > 0 && loop_watch(loop, o->fd, EPOLLIN, offload_on_end, o, err))
        return o;
    if (o->pid < 0)
        pyro_fail_errno(err, "fork");
    else
        proc_kill(o->pid);
    close(o->fd);
    free(o);
    return NULL;
}

void offload_cancel(struct offload *o)
{
    if (!o)
        return;
    loop_unwatch(o->loop, o->fd);
    close(o->fd);
    proc_kill(o->pid);
    free(o);
}
