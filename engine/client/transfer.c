/* engine/client/transfer.c: a request through the supervisor to the guest. */
#include "engine/client/transfer.h"

#include "engine/client/connect.h"
#include "vmm/base/fs.h"

struct running {
    struct transfer *t;
    struct loop *loop;
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
            loop_stop(r->loop);
        return;
    }
    if (r->t->out && buf_append(r->t->out, bytes, n))
        return;
    pyro_fail(&r->err, PYRO_GUEST_ERROR, "the workspace sends more than the limit of %zu MiB",
              r->t->out ? r->t->out->max >> 20 : 0);
    loop_stop(r->loop);
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
    loop_stop(r->loop);
}

static void transfer_on_lost(struct link *link, const struct pyro_error *why UNUSED)
{
    loop_stop(link_loop(link));
}

json_t *transfer_run(struct transfer *t, struct pyro_error *err)
{
    static const struct link_ops link_ops = { .lost = transfer_on_lost };
    static const struct stream_ops ops = { .data = transfer_on_data,
                                           .writable = transfer_on_writable,
                                           .closed = transfer_on_closed };
    struct running r = { .t = t };
    struct link *link = NULL;
    int fd = supervisor_connect(t->workspace, err);

    if (fd < 0)
        return NULL;
    r.loop = loop_new(err);
    if (r.loop)
        link = link_new(r.loop, fd, LINK_SOCKET, &link_ops, &r, err);
    if (!link) {
        close(fd);
        loop_free(r.loop);
        return NULL;
    }
    if (stream_open(link, &r.stream, t->request, &ops, &r, &r.err)) {
        stream_expect(&r.stream, STREAM_SILENCE_MS);
        pump(&r);
        loop_run(r.loop);
    }
    link_free(link);
    loop_free(r.loop);
    if (!r.result)
        pyro_copy(err, &r.err);
    return r.result;
}
