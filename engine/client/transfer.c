/* engine/client/transfer.c: a request through the supervisor to the guest. */
#include "engine/client/transfer.h"

#include "engine/client/connect.h"
#include "vmm/base/fs.h"

struct running {
    struct transfer *t;
    struct link *link;
    struct stream stream;
    bool ended;
    json_t *result;
    struct pyro_error err;
};

static void pump(struct running *r)
{
    struct transfer *t = r->t;

    while (t->in_count) {
        size_t n = stream_send(&r->stream, WIRE_STDIN, t->in->iov_base, t->in->iov_len);
        t->in->iov_base = (char *)t->in->iov_base + n;
        t->in->iov_len -= n;
        if (t->in->iov_len)
            return;
        t->in++;
        t->in_count--;
    }
    if (!r->ended)
        r->ended = stream_end(&r->stream, WIRE_STDIN);
}

static void transfer_on_writable(struct stream *s)
{
    pump(s->arg);
}

static void transfer_on_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes,
                             size_t n)
{
    struct running *r = s->arg;

    stream_consumed(s, n);
    if (channel != WIRE_STDOUT || r->err.code) /* the first error is the one to report */
        return;
    if (r->t->take) {
        if (!r->t->take(r->t->arg, bytes, n, &r->err))
            loop_stop(link_loop(r->link));
        return;
    }
    if (r->t->out && buf_append(r->t->out, bytes, n))
        return;
    pyro_fail(&r->err, PYRO_GUEST_ERROR, "the workspace sends more than the limit of %zu MiB",
              r->t->out ? r->t->out->max >> 20 : 0);
    loop_stop(link_loop(r->link));
}

static void transfer_on_closed(struct stream *s, const json_t *result, const struct pyro_error *why)
{
    struct running *r = s->arg;

    if (r->err.code) {
        /* it failed here already */
    } else if (!result) {
        r->err = *why;
        if (why->code != PYRO_TIMEOUT)
            pyro_wrap(&r->err, "the supervisor");
    } else if (error_from_result(result, &r->err)) {
        r->result = json_deep_copy(result);
    }
    loop_stop(link_loop(r->link));
}

static void transfer_on_late(void *arg)
{
    struct running *r = arg;

    supervisor_is_late(r->link, &r->err);
    loop_stop(link_loop(r->link));
}

json_t *transfer_run(struct transfer *t, struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = transfer_on_data,
                                           .writable = transfer_on_writable,
                                           .closed = transfer_on_closed };
    struct running r = { .t = t,
                         .link = supervisor_link(t->workspace, MACHINE_AWAKE, NULL, NULL, err) };
    struct loop_timer timer = { 0 };

    if (!r.link)
        return NULL;
    if (stream_open(r.link, &r.stream, t->request, &ops, &r, &r.err)) {
        if (t->deadline_ms)
            loop_timer_set(link_loop(r.link), &timer, t->deadline_ms - clock_ms(), transfer_on_late,
                           &r);
        else
            stream_expect(&r.stream, STREAM_SILENCE_MS);
        pump(&r);
        loop_run(link_loop(r.link));
    }
    supervisor_unlink(r.link);
    if (!r.result)
        pyro_copy(err, &r.err);
    return r.result;
}
