/*
 * One thread's event loop over epoll(7): descriptors, monotonic timers, deferred calls, signals.
 *
 * epoll's data is a packed {generation, descriptor}, never a pointer: an event of a watch that was
 * removed in the same pass is recognised as stale and dropped. A callback may add and remove any
 * watch or timer, its own included; it must not free the loop. Nothing here blocks but loop_run().
 * Does not abort: watch and defer report out-of-memory.
 */
#ifndef PYRO_LOOP_H
#define PYRO_LOOP_H

#include <signal.h>
#include <stdint.h>
#include <sys/signalfd.h>

#include "vmm/base/error.h"

struct loop;

typedef void loop_fd_fn(void *arg, uint32_t epoll_events);
typedef void loop_call_fn(void *arg);
typedef void loop_signal_fn(void *arg, const struct signalfd_siginfo *info);

/* NULL when the kernel gives no epoll descriptor. */
struct loop *loop_new(struct pyro_error *err) MUST_CHECK;
void loop_free(struct loop *loop);

/* Calls fn(arg, events) when fd is ready for any of `events` (EPOLLIN, EPOLLOUT, EPOLLET, …). One
 * watch an fd. */
bool loop_watch(struct loop *loop, int fd, uint32_t events, loop_fd_fn *fn, void *arg,
                struct pyro_error *err) MUST_CHECK;
void loop_rewatch(struct loop *loop, int fd, uint32_t events);
/* Must come before the descriptor is closed; no effect when it is not watched. */
void loop_unwatch(struct loop *loop, int fd);

/* A timer embedded in its owner; zeroed is off. It fires once, and may be set again from its
 * callback. */
struct loop_timer {
    struct loop_timer *next;
    int64_t due_ms; /* clock_ms() */
    bool armed;
    loop_call_fn *fn;
    void *arg;
};
/* Fires in delay_ms from now; a timer already set moves. */
void loop_timer_set(struct loop *loop, struct loop_timer *timer, int64_t delay_ms, loop_call_fn *fn,
                    void *arg);
void loop_timer_cancel(struct loop *loop, struct loop_timer *timer);

/*
 * For a descriptor whose readiness cannot be served just now, such as a listening socket when no
 * descriptors are left: watched for nothing for ms, then for `events` again. Without it the loop
 * would spin. Embedded; its timer is cancelled before the descriptor is closed.
 */
struct loop_pause {
    struct loop_timer timer;
    struct loop *loop;
    int fd;
    uint32_t events;
};
void loop_pause(struct loop *loop, struct loop_pause *pause, int fd, uint32_t events, int64_t ms);

/* A call deferred to the end of this pass (or the next one's, when made from a deferred call).
 * Embedded. */
struct loop_deferred {
    struct loop_deferred *next;
    bool queued;
    loop_call_fn *fn;
    void *arg;
};
void loop_defer(struct loop *loop, struct loop_deferred *call, loop_call_fn *fn, void *arg);
void loop_defer_cancel(struct loop *loop, struct loop_deferred *call);

/* Blocks the signals except ignored ones, and hands each to fn; once a loop. */
bool loop_signals(struct loop *loop, const sigset_t *signals, loop_signal_fn *fn, void *arg,
                  struct pyro_error *err) MUST_CHECK;
/* Those for a program on a terminal: its size has changed (SIGWINCH), and it is to end. */
bool loop_terminal_signals(struct loop *loop, loop_signal_fn *fn, void *arg,
                           struct pyro_error *err) MUST_CHECK;
/* Called before each wait: where a screen is painted once a pass. */
void loop_before_wait(struct loop *loop, loop_call_fn *fn, void *arg);

/* Runs until loop_stop(). */
void loop_run(struct loop *loop);
/* One pass: waits at most timeout_ms (-1: until something happens), dispatches, returns. */
void loop_run_once(struct loop *loop, int timeout_ms);
void loop_stop(struct loop *loop);

#endif
