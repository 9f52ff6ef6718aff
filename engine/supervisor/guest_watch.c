/* engine/supervisor/guest_watch.c: one question to the guest at a time, and the wait for it. */
#include "engine/supervisor/guest_watch.h"

#include <stdlib.h>

#include "vmm/base/fs.h"

#define ASK_MS 30000 /* between an answer and the next question */
#define STEPS 8      /* of the wait: only time in which the loop runs counts */

/* A client that only listens. */
struct listener {
    struct listener *next;
    struct supervisor *supervisor;
    struct guest_waiter waiter;
    struct stream stream;
};

struct guest_watch {
    struct supervisor *supervisor;
    struct guest_waiter *waiters;
    struct listener *listeners;
    struct stream question;
    struct loop_timer timer;
    bool asking;    /* an answer is waited for */
    unsigned quiet; /* steps without one */
    bool silent;    /* they were enough: everybody who waits is told */
};

static void guest_watch_on_time(void *arg);

static void set_timer(struct guest_watch *w, int64_t ms)
{
    loop_timer_set(w->supervisor->loop, &w->timer, ms, guest_watch_on_time, w);
}

/* ---- who waits ---- */

static bool anybody_waits(const struct guest_watch *w)
{
    const struct guest_waiter *x = w->waiters;

    while (x && !x->client->link)
        x = x->next;
    return x != NULL;
}

static void tell_one(const struct guest_waiter *waiter, const char *words)
{
    scoped_json json_t *message = json_pack("{s:s}", "note", words);

    stream_message(waiter->client, message);
}

static void tell_all(const struct guest_watch *w, const char *words)
{
    for (const struct guest_waiter *x = w->waiters; x; x = x->next)
        tell_one(x, words);
}

/* What those who wait are told while the guest is silent. */
static char *describe_silence(const struct guest_watch *w)
{
    struct pyro_error why = { 0 };

    if (w->supervisor->record.paused_reason)
        supervisor_fail_full(&why);
    else
        pyro_fail(&why, PYRO_TIMEOUT, "the guest has not answered for %d s",
                  STREAM_SILENCE_MS / 1000);
    return str_printf("%s; waiting on (see 'pyro workspace status'; 'pyro workspace stop' ends "
                      "the wait)",
                      why.message);
}

/* ---- the question ---- */

static void guest_watch_on_closed(struct stream *stream, const json_t *result,
                                  const struct pyro_error *why)
{
    struct guest_watch *w = stream->arg;

    if (!result && why->code == PYRO_GUEST_LOST)
        return; /* those who wait are told as well */
    if (w->silent)
        tell_all(w, "the guest answers again");
    w->asking = w->silent = false;
    set_timer(w, ASK_MS);
}

/* One that cannot even be asked, since an adopting supervisor has not reached it yet, is silent. */
static void ask(struct guest_watch *w)
{
    static const struct stream_ops ops = { .closed = guest_watch_on_closed };
    scoped_json json_t *request = json_pack("{s:s}", "op", "stat");
    struct pyro_error ignored;

    if (!w->supervisor->guest ||
        !stream_open(w->supervisor->guest, &w->question, request, &ops, w, &ignored))
        return; /* the next step tries again */
}

static void guest_watch_on_time(void *arg)
{
    struct guest_watch *w = arg;

    if (!w->question.link && !anybody_waits(w)) {
        w->asking = w->silent = false;
        return;
    }
    w->quiet = w->asking ? w->quiet + 1 : 0;
    w->asking = true;
    if (!w->question.link)
        ask(w);
    if (!w->silent && w->quiet >= STEPS) {
        scoped_free char *words = describe_silence(w);
        w->silent = true;
        tell_all(w, words);
    }
    set_timer(w, STREAM_SILENCE_MS / STEPS);
}

/* ---- waiting ---- */

void guest_watch_add(struct supervisor *s, struct guest_waiter *waiter, struct stream *client)
{
    struct guest_watch *w = s->guest_watch;

    if (!w) {
        w = s->guest_watch = calloc(1, sizeof(*w));
        BUG_ON(!w);
        w->supervisor = s;
    }
    waiter->client = client;
    waiter->next = w->waiters;
    w->waiters = waiter;
    if (w->silent) {
        scoped_free char *words = describe_silence(w);
        tell_one(waiter, words);
    }
    if (!w->timer.armed)
        guest_watch_on_time(w);
}

void guest_watch_remove(struct supervisor *s, struct guest_waiter *waiter)
{
    if (s->guest_watch)
        list_remove(&s->guest_watch->waiters, waiter);
}

/* ---- those who only listen ---- */

static void listener_free(struct listener *l)
{
    struct guest_watch *w = l->supervisor->guest_watch;

    guest_watch_remove(l->supervisor, &l->waiter);
    list_remove(&w->listeners, l);
    free(l);
}

static void guest_watch_on_listener_closed(struct stream *stream, const json_t *result UNUSED,
                                           const struct pyro_error *why UNUSED)
{
    listener_free(stream->arg);
}

bool guest_watch_listen(struct supervisor *s, struct link *client, uint32_t id,
                        const json_t *request UNUSED, struct pyro_error *err)
{
    static const struct stream_ops ops = { .closed = guest_watch_on_listener_closed };
    struct listener *l;

    if (!supervisor_check_running(s, err))
        return false;
    l = calloc(1, sizeof(*l));
    BUG_ON(!l);
    l->supervisor = s;
    if (!stream_accept(client, id, &l->stream, &ops, l, err)) {
        free(l);
        return true;
    }
    guest_watch_add(s, &l->waiter, &l->stream);
    l->next = s->guest_watch->listeners;
    s->guest_watch->listeners = l;
    return true;
}

void guest_watch_end(struct supervisor *s, const struct pyro_error *why UNUSED)
{
    struct guest_watch *w = s->guest_watch;

    if (!w)
        return;
    loop_timer_cancel(s->loop, &w->timer);
    stream_close(&w->question, NULL);
    while (w->listeners) {
        struct listener *l = w->listeners;
        stream_close(&l->stream, NULL);
        listener_free(l);
    }
    free(w);
    s->guest_watch = NULL;
}
