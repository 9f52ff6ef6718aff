/* engine/client/recovery.c: supervisors for workspaces that lost theirs, one at a time. */
#include "engine/client/recovery.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "engine/state/record.h"
#include "vmm/base/proc.h"

#define DELAY_MS 50 /* one that starts or stops has no holder for a moment */

struct waiting {
    struct waiting *next;
    char id[WORKSPACE_ID_LENGTH + 1];
};

struct recovery_queue {
    struct loop *loop;
    const char *program;
    struct waiting *first;
    pid_t pid;
    int pidfd;
    struct loop_timer delay;
};

static void recovery_start_next(void *arg);

struct recovery_queue *recovery_queue_new(struct loop *loop, const char *program)
{
    struct recovery_queue *q = calloc(1, sizeof(*q));

    BUG_ON(!q);
    *q = (struct recovery_queue){ .loop = loop, .program = program, .pidfd = -1 };
    return q;
}

static void forget_child(struct recovery_queue *q)
{
    if (q->pidfd < 0)
        return;
    loop_unwatch(q->loop, q->pidfd);
    close(take_fd(&q->pidfd));
    q->pid = 0;
}

void recovery_queue_free(struct recovery_queue *q)
{
    if (!q)
        return;
    loop_timer_cancel(q->loop, &q->delay);
    forget_child(q);
    while (q->first) {
        struct waiting *w = q->first;
        q->first = w->next;
        free(w);
    }
    free(q);
}

static void recovery_on_end(void *arg, uint32_t events UNUSED)
{
    struct recovery_queue *q = arg;

    waitpid(q->pid, NULL, 0);
    forget_child(q);
    if (q->first)
        recovery_start_next(q);
}

static void recovery_start_next(void *arg)
{
    struct recovery_queue *q = arg;
    struct waiting *w = q->first;
    const char *argv[] = { q->program, "workspace", "status", w->id, NULL };
    struct proc_spec spec = proc_spec_of(argv);

    q->first = w->next;
    spec.new_session = true;
    spec.inherit = INHERIT_PYRO | INHERIT_PERSON | INHERIT_UMASK; /* a supervisor's */
    if (proc_start(&spec, &q->pid, NULL)) {
        q->pidfd = (int)syscall(SYS_pidfd_open, q->pid, 0);
        if (q->pidfd < 0 || !loop_watch(q->loop, q->pidfd, EPOLLIN, recovery_on_end, q, NULL)) {
            waitpid(q->pid, NULL, 0);
            forget_child(q);
        }
    }
    free(w);
    if (q->first && q->pidfd < 0)
        loop_timer_set(q->loop, &q->delay, DELAY_MS, recovery_start_next, q);
}

void recovery_queue_add(struct recovery_queue *q, const char *id)
{
    struct waiting **at, *w;

    if (!q || !q->program)
        return;
    for (at = &q->first; *at; at = &(*at)->next)
        if (!strcmp((*at)->id, id))
            return;
    w = calloc(1, sizeof(*w));
    BUG_ON(!w);
    snprintf(w->id, sizeof(w->id), "%s", id);
    *at = w;
    if (q->pidfd < 0 && !q->delay.armed)
        loop_timer_set(q->loop, &q->delay, DELAY_MS, recovery_start_next, q);
}
