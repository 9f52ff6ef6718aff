/* engine/client/transfer.c: a request through the supervisor to the guest. */
#include "engine/client/transfer.h"

#include "engine/client/connect.h"
#include "vmm/base/fs.h"

struct running {
    const struct transfer *t;
    struct iovec *in; /* what of the input is not sent yet */
    unsigned in_count;
    struct link *link;
    struct stream stream;
    bool ended;
    bool taken; /* output has come */
    json_t *result;
    struct pyro_error err;
};

static void pump(struct running *r)
{
    while (r->in_count) {
        size_t n = stream_send(&r->stream, WIRE_STDIN, r->in->iov_base, r->in->iov_len);
        r->in->iov_base = (char *)r->in->iov_base + n;
        r->in->iov_len -= n;
        if (r->in->iov_len)
            return;
        r->in++;
        r->in_count--;
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
    r->taken = true;
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

/* *ret_again: it was not dealt with, and can be asked for again. */
static json_t *run_once(const struct transfer *t, bool *ret_again, struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = transfer_on_data,
                                           .writable = transfer_on_writable,
                                           .closed = transfer_on_closed };
    scoped_free struct iovec *in = calloc(t->in_count + 1, sizeof(*in));
    struct running r = { .t = t, .in = in, .in_count = t->in_count };
    struct loop_timer timer = { 0 };

    BUG_ON(!in);
    for (unsigned i = 0; i < t->in_count; i++)
        in[i] = t->in[i];
    r.link = supervisor_link(t->workspace, MACHINE_AWAKE, NULL, NULL, err);
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
    *ret_again = !r.result && !r.taken && supervisor_missed(t->workspace, &r.err);
    if (!r.result)
        pyro_copy(err, &r.err);
    return r.result;
}

json_t *transfer_run(const struct transfer *t, struct pyro_error *err)
{
    struct pyro_error why = { 0 };
    bool again = false;
    json_t *result = run_once(t, &again, &why);

    if (!result && again) {
        why = (struct pyro_error){ 0 };
        result = run_once(t, &again, &why);
    }
    if (!result)
        pyro_copy(err, &why);
    return result;
}
