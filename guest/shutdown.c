/*
 * guest/shutdown.c: TERM to all, KILL after two seconds, sync, unmount, answer, restart.
 *
 * Every process is a descendant of PID 1, so "no child left" means "all have ended", and SIGCHLD
 * reports it. The restart ends the VM: QEMU runs with -no-reboot, and a microvm has no other way
 * out.
 */
#include "guest/shutdown.h"

#include <signal.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest/child.h"
#include "guest/freeze.h"
#include "guest/hold.h"
#include "guest/root.h"
#include "vmm/base/fs.h"

#define TERM_MS 2000
#define KILL_MS 2000  /* for processes that do not die of KILL: blocked in the kernel */
#define FLUSH_MS 1000 /* for the answer to reach the host */

static void shutdown_end(void *arg)
{
    struct guest *g = arg;
    bool told = g->stop_stream.link != NULL;

    loop_timer_cancel(g->loop, &g->stop_timer);
    if (!g->host_dir) {
        sync();
        root_release();
    }
    stream_close(&g->stop_stream, NULL);
    if (told)
        link_flush(g->link, clock_ms() + FLUSH_MS);
    if (g->host_dir)
        _exit(0);
    reboot(RB_AUTOBOOT);
}

static void kill_everything(struct guest *g, int signal_number)
{
    if (!g->host_dir) {
        kill(-1, signal_number);
        return;
    }
    /* Shells have been hung up on, and get their time for it. */
    child_kill_all(signal_number == SIGKILL);
}

static void shutdown_time_is_up(void *arg)
{
    struct guest *g = arg;

    if (g->stop_killed) {
        loop_defer(g->loop, &g->stop_call, shutdown_end, g);
        return;
    }
    g->stop_killed = true;
    kill_everything(g, SIGKILL);
    loop_timer_set(g->loop, &g->stop_timer, KILL_MS, shutdown_time_is_up, g);
}

void shutdown_no_children(struct guest *g)
{
    if (g->stopping)
        loop_defer(g->loop, &g->stop_call, shutdown_end, g);
}

void shutdown_host_gone(void)
{
    child_kill_all(true);
    _exit(0);
}

static void shutdown_on_data(struct stream *s, enum wire_channel channel UNUSED,
                             const uint8_t *bytes UNUSED, size_t n)
{
    stream_consumed(s, n);
}

/* The host went away: the machine ends anyway. */
static void shutdown_on_closed(struct stream *s UNUSED, const json_t *result UNUSED,
                               const struct pyro_error *err UNUSED)
{
}

static const struct stream_ops stop_stream_ops = { .data = shutdown_on_data,
                                                   .closed = shutdown_on_closed };

bool shutdown_op_shutdown(struct guest *g, uint32_t id, const json_t *request UNUSED,
                          struct pyro_error *err)
{
    siginfo_t info = { 0 };

    if (!stream_accept(g->link, id, &g->stop_stream, &stop_stream_ops, g, err))
        return false;
    g->stopping = true;
    freeze_release(g);
    hold_release(g); /* processes that are held do not see TERM */
    child_hang_up_all();
    kill_everything(g, SIGTERM);
    loop_timer_set(g->loop, &g->stop_timer, TERM_MS, shutdown_time_is_up, g);
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0)
        shutdown_no_children(g);
    return true;
}
