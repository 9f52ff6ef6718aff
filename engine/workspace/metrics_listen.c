/* engine/workspace/metrics_listen.c: the port, and a page for each request of pyro-metrics. */
#include "engine/workspace/metrics_listen.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "engine/helper/helper.h"
#include "engine/workspace/metrics.h"
#include "vmm/base/fs.h"
#include "vmm/base/loop.h"
#include "vmm/base/patience.h"
#include "vmm/base/sock.h"

#define CLIENT_LIMIT_MS 30000

struct listening {
    struct loop *loop;
    pid_t pid;
    int in_fd, out_fd; /* requests of pyro-metrics, and pages for it */
    int signal;
    struct pyro_error why; /* that it ended */
};

static bool start(struct listening *l, int listen_fd, struct pyro_error *err)
{
    char limit[32];
    const char *const argv[] = { "", limit, NULL };
    struct proc_spec spec = proc_spec_of(argv);
    scoped_close int input_fd = -1;
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "a pipe for pyro-metrics");
    input_fd = fds[0];
    l->out_fd = fds[1];
    snprintf(limit, sizeof(limit), "%lld", (long long)patience(CLIENT_LIMIT_MS) / 1000);
    spec.stdin_fd = input_fd;
    spec.fds[0].from = listen_fd, spec.fds[0].to = 3;
    spec.fd_count = 1;
    spec.hold_signals = true; /* what ends this program ends it in order */
    return helper_start_program("pyro-metrics", &spec, &l->pid, &l->in_fd, err);
}

/* A page that cannot be made has no bytes: the client is told, and the next may fare better. */
static bool send_page(struct listening *l, struct pyro_error *err)
{
    scoped_buf page = BUF_INIT(METRICS_BYTES_MAX);
    uint64_t n = metrics_text(&page, NULL) ? page.len : 0;

    return fs_write_all(l->out_fd, &n, sizeof(n), err) &&
           fs_write_all(l->out_fd, page.data, n, err);
}

static void metrics_listen_on_request(void *arg, uint32_t events UNUSED)
{
    struct listening *l = arg;
    char byte;

    if (read(l->in_fd, &byte, 1) != 1)
        pyro_fail(&l->why, PYRO_INTERNAL, "pyro-metrics has ended");
    else if (send_page(l, &l->why))
        return;
    loop_stop(l->loop);
}

static void metrics_listen_on_signal(void *arg, const struct signalfd_siginfo *info)
{
    struct listening *l = arg;

    l->signal = (int)info->ssi_signo;
    loop_stop(l->loop);
}

static bool prepare(struct listening *l, struct pyro_error *err)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    l->loop = loop_new(err);
    return l->loop && loop_signals(l->loop, &signals, metrics_listen_on_signal, l, err);
}

bool metrics_listen(int port, metrics_listen_told_fn *told, void *arg, int *ret_signal,
                    struct pyro_error *err)
{
    struct listening l = { .in_fd = -1, .out_fd = -1 };
    scoped_close int listen_fd =
        sock_listen_loopback(&port, "name another, or 0 for a free one", err);
    bool ok = listen_fd >= 0 && prepare(&l, err) && start(&l, listen_fd, err) &&
              loop_watch(l.loop, l.in_fd, EPOLLIN, metrics_listen_on_request, &l, err);

    if (ok) {
        told(arg, port);
        loop_run(l.loop);
        loop_unwatch(l.loop, l.in_fd);
        *ret_signal = l.signal;
        ok = l.why.code == PYRO_OK || pyro_copy(err, &l.why);
    }
    if (l.pid)
        proc_kill(l.pid);
    cleanup_close(&l.in_fd);
    cleanup_close(&l.out_fd);
    loop_free(l.loop);
    return ok;
}
