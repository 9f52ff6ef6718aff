/* engine/supervisor/guest_watch.c: one question to the guest at a time, and the wait for it. */
#include "engine/supervisor/guest_watch.h"

#include <stdlib.h>

#include "vmm/base/fs.h"

#define ASK_MS 30000 /* between an answer and the next question */
#define STEPS 8      /* of the wait: only time in which the loop runs counts */

struct guest_watch {
    struct supervisor *supervisor;
    guest_watch_tell_fn *tell;
    struct stream question;
    struct loop_timer timer;
    unsigned quiet; /* steps without an answer */
    bool told;
};

static void guest_watch_on_time(void *arg);

static void set_timer(struct guest_watch *w, int64_t ms)
{
    loop_timer_set(w->supervisor->loop, &w->timer, ms, guest_watch_on_time, w);
}

static void guest_watch_on_closed(struct stream *stream, const json_t *result,
                                  const struct pyro_error *why)
{
    struct guest_watch *w = stream->arg;

    if (!result && why->code == PYRO_GUEST_LOST)
        return; /* those who wait are told as well */
    if (w->told)
        w->tell(w->supervisor, "the guest answers again");
    w->told = false;
    set_timer(w, ASK_MS);
}

static void ask(struct guest_watch *w)
{
    static const struct stream_ops ops = { .closed = guest_watch_on_closed };
    scoped_json json_t *request = json_pack("{s:s}", "op", "stat");
    struct pyro_error ignored;

    if (!w->supervisor->guest || !w->tell(w->supervisor, NULL))
        return;
    w->quiet = 0;
    if (stream_open(w->supervisor->guest, &w->question, request, &ops, w, &ignored))
        set_timer(w, STREAM_SILENCE_MS / STEPS);
    else
        set_timer(w, ASK_MS);
}

static void tell_silence(struct guest_watch *w)
{
    struct supervisor *s = w->supervisor;
    scoped_free char *words = NULL;
    struct pyro_error why = { 0 };

    if (s->record.paused_reason)
        supervisor_fail_full(&why);
    else
        pyro_fail(&why, PYRO_TIMEOUT, "the guest has not answered for %d s",
                  STREAM_SILENCE_MS / 1000);
    words = str_printf("%s; waiting on (see 'pyro workspace status'; 'pyro workspace stop' ends "
                       "the wait)",
                       why.message);
    w->told = w->tell(s, words);
}

static void guest_watch_on_time(void *arg)
{
    struct guest_watch *w = arg;

    if (!w->question.link)
        ask(w);
    else if (++w->quiet < STEPS)
        set_timer(w, STREAM_SILENCE_MS / STEPS);
    else
        tell_silence(w);
}

void guest_watch(struct supervisor *s, guest_watch_tell_fn *tell)
{
    struct guest_watch *w = s->guest_watch;

    if (!w) {
        w = s->guest_watch = calloc(1, sizeof(*w));
        BUG_ON(!w);
        w->supervisor = s;
        w->tell = tell;
    }
    if (w->timer.armed)
        return;
    w->quiet = 0; /* a question that nobody has answered yet stays; it is told to this one too */
    guest_watch_on_time(w);
}

void guest_watch_end(struct supervisor *s, const struct pyro_error *why UNUSED)
{
    struct guest_watch *w = s->guest_watch;

    if (!w)
        return;
    loop_timer_cancel(s->loop, &w->timer);
    stream_close(&w->question, NULL);
    free(w);
    s->guest_watch = NULL;
}
