/* vmm/base/loop.c: the event loop. */
#include "vmm/base/loop.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/base/signals.h"

#define EVENTS_A_PASS 64

/* Indexed by descriptor; fn is NULL where nothing is watched. */
struct watch {
    loop_fd_fn *fn;
    void *arg;
    uint32_t generation;
};

struct loop {
    int epoll_fd, signal_fd;
    struct watch *watches;
    size_t watch_count;
    uint32_t generation;
    struct loop_timer *timers;      /* sorted by due_ms */
    struct loop_deferred *deferred; /* in the order they were made */
    loop_signal_fn *signal_fn;
    void *signal_arg;
    loop_call_fn *before_wait_fn;
    void *before_wait_arg;
    bool stopped;
};

struct loop *loop_new(struct pyro_error *err)
{
    struct loop *loop = calloc(1, sizeof(*loop));

    if (!loop)
        return pyro_no_memory(err, "event loop");
    loop->signal_fd = -1;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0) {
        pyro_fail_errno(err, "event loop");
        free(loop);
        return NULL;
    }
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    if (loop->signal_fd >= 0)
        close(loop->signal_fd);
    close(loop->epoll_fd);
    free(loop->watches);
    free(loop);
}

static bool make_room_for(struct loop *loop, int fd)
{
    size_t want = (size_t)fd + 1;
    struct watch *grown;

    if (want <= loop->watch_count)
        return true;
    want = want < 64 ? 64 : want * 2;
    grown = realloc(loop->watches, want * sizeof(*grown));
    if (!grown)
        return false;
    memset(grown + loop->watch_count, 0, (want - loop->watch_count) * sizeof(*grown));
    loop->watches = grown;
    loop->watch_count = want;
    return true;
}

static uint64_t pack(uint32_t generation, int fd)
{
    return (uint64_t)generation << 32 | (uint32_t)fd;
}

bool loop_watch(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn, void *arg,
                struct pyro_error *err)
{
    struct epoll_event e = { .events = events };

    if (!make_room_for(loop, fd))
        return pyro_no_memory(err, "watch a descriptor");
    e.data.u64 = pack(++loop->generation, fd);
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &e) != 0)
        return pyro_fail_errno(err, "watch a descriptor");
    loop->watches[fd] = (struct watch){ fn, arg, loop->generation };
    return true;
}

void loop_rewatch(struct loop *loop, int fd, uint32_t events)
{
    struct epoll_event e = { .events = events };

    if (fd < 0 || (size_t)fd >= loop->watch_count || !loop->watches[fd].fn)
        return;
    e.data.u64 = pack(loop->watches[fd].generation, fd);
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &e);
}

void loop_unwatch(struct loop *loop, int fd)
{
    if (fd < 0 || (size_t)fd >= loop->watch_count || !loop->watches[fd].fn)
        return;
    epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    loop->watches[fd].fn = NULL;
}

void loop_timer_cancel(struct loop *loop, struct loop_timer *timer)
{
    if (!timer->armed)
        return;
    list_remove(&loop->timers, timer);
    timer->armed = false;
}

void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t delay_ms, loop_call_fn *fn,
                    void *arg)
{
    struct loop_timer **at = &loop->timers;

    loop_timer_cancel(loop, timer);
    *timer =
        (struct loop_timer){ .due_ms = clock_ms() + delay_ms, .armed = true, .fn = fn, .arg = arg };
    while (*at && (*at)->due_ms <= timer->due_ms)
        at = &(*at)->next;
    timer->next = *at;
    *at = timer;
}

static void loop_end_pause(void *arg)
{
    const struct loop_pause *pause = arg;

    loop_rewatch(pause->loop, pause->fd, pause->events);
}

void loop_pause(struct loop *loop, struct loop_pause *pause, int fd, uint32_t events, int64_t ms)
{
    pause->loop = loop;
    pause->fd = fd;
    pause->events = events;
    loop_rewatch(loop, fd, 0);
    loop_timer_set(loop, &pause->timer, ms, loop_end_pause, pause);
}

void loop_defer(struct loop *loop, struct loop_deferred *call, loop_call_fn *fn, void *arg)
{
    struct loop_deferred **at = &loop->deferred;

    if (call->queued)
        return;
    *call = (struct loop_deferred){ .queued = true, .fn = fn, .arg = arg };
    while (*at)
        at = &(*at)->next;
    *at = call;
}

void loop_defer_cancel(struct loop *loop, struct loop_deferred *call)
{
    if (!call->queued)
        return;
    list_remove(&loop->deferred, call);
    call->queued = false;
}

static void loop_on_signal(void *arg, uint32_t events UNUSED)
{
    struct loop *loop = arg;
    struct signalfd_siginfo info;

    while (read(loop->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        loop->signal_fn(loop->signal_arg, &info);
}

bool loop_signals(struct loop *loop, const sigset_t *signals, loop_signal_fn *fn, void *arg,
                  struct pyro_error *err)
{
    sigset_t wanted = *signals;

    /* A blocked signal is queued even when it is ignored (signal(7)), and would arrive here. */
    signals_drop_ignored(&wanted);
    if (sigprocmask(SIG_BLOCK, &wanted, NULL) != 0)
        return pyro_fail_errno(err, "block signals");
    loop->signal_fd = signalfd(-1, &wanted, SFD_NONBLOCK | SFD_CLOEXEC);
    if (loop->signal_fd < 0)
        return pyro_fail_errno(err, "signalfd");
    loop->signal_fn = fn;
    loop->signal_arg = arg;
    return loop_watch(loop, loop->signal_fd, EPOLLIN, loop_on_signal, loop, err);
}

bool loop_terminal_signals(struct loop *loop, loop_signal_fn *fn, void *arg, struct pyro_error *err)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGWINCH);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGINT);
    return loop_signals(loop, &signals, fn, arg, err);
}

void loop_before_wait(struct loop *loop, loop_call_fn *fn, void *arg)
{
    loop->before_wait_fn = fn;
    loop->before_wait_arg = arg;
}

static int wait_time(const struct loop *loop, int timeout_ms)
{
    int64_t left;

    if (loop->deferred)
        return 0;
    if (!loop->timers)
        return timeout_ms;
    left = loop->timers->due_ms - clock_ms();
    if (left < 0)
        left = 0;
    if (left > INT32_MAX)
        left = INT32_MAX;
    return timeout_ms >= 0 && timeout_ms < left ? timeout_ms : (int)left;
}

static void run_timers(struct loop *loop)
{
    int64_t now = clock_ms();

    while (loop->timers && loop->timers->due_ms <= now) {
        struct loop_timer *t = loop->timers;
        loop->timers = t->next;
        t->armed = false;
        t->fn(t->arg);
    }
}

/* Only calls queued when the pass began: one that defers itself again waits for the next pass. */
static void run_deferred(struct loop *loop)
{
    size_t count = 0;

    for (struct loop_deferred *call = loop->deferred; call; call = call->next)
        count++;
    while (count-- && loop->deferred) {
        struct loop_deferred *call = loop->deferred;
        loop->deferred = call->next;
        call->queued = false;
        call->fn(call->arg);
    }
}

void loop_run_once(struct loop *loop, int timeout_ms)
{
    struct epoll_event events[EVENTS_A_PASS];
    int n;

    if (loop->before_wait_fn)
        loop->before_wait_fn(loop->before_wait_arg);
    n = epoll_wait(loop->epoll_fd, events, EVENTS_A_PASS, wait_time(loop, timeout_ms));
    for (int i = 0; i < n; i++) {
        uint32_t fd = (uint32_t)events[i].data.u64;
        uint32_t generation = (uint32_t)(events[i].data.u64 >> 32);
        struct watch w = loop->watches[fd];
        if (w.fn && w.generation == generation)
            w.fn(w.arg, events[i].events);
    }
    run_timers(loop);
    run_deferred(loop);
}

void loop_run(struct loop *loop)
{
    loop->stopped = false;
    while (!loop->stopped)
        loop_run_once(loop, -1);
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}
