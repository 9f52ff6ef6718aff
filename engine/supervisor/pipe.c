/* engine/supervisor/pipe.c: bytes from one stream to another. */
#include "engine/supervisor/pipe.h"

void pipe_init(struct pipe *p, enum wire_channel channel, struct stream *from, struct stream *to)
{
    *p = (struct pipe){ .from = from, .to = to, .channel = channel };
    buf_init(&p->pending, PIPE_GROWTH * WIRE_CREDIT);
}

void pipe_release(struct pipe *p)
{
    buf_release(&p->pending);
}

/* n of `all` bytes that represent what is owed are gone. */
static void give_back(struct pipe *p, size_t n, size_t all)
{
    size_t part = n == all ? p->owed : (size_t)((uint64_t)p->owed * n / all);

    p->owed -= part;
    stream_consumed(p->from, part);
}

/* How many the far side takes now; one that is gone takes all. */
static size_t pass_on(const struct pipe *p, const void *bytes, size_t n)
{
    if (p->put)
        return p->put(p->arg, p->channel, bytes, n);
    return p->to->link ? stream_send(p->to, p->channel, bytes, n) : n;
}

void pipe_pump(struct pipe *p)
{
    if (p->pending.len) {
        size_t all = p->pending.len, n = pass_on(p, p->pending.data, all);
        buf_consume(&p->pending, n);
        give_back(p, n, all);
    }
    if (p->ended && !p->pending.len && !p->end_sent) {
        p->end_sent = true;
        if (!p->put)
            stream_end(p->to, p->channel);
    }
}

void pipe_take_changed(struct pipe *p, const uint8_t *bytes, size_t n, size_t came)
{
    size_t done = 0;

    p->owed += came;
    if (p->pending.len) {
        if (!buf_append(&p->pending, bytes, n))
            give_back(p, 1, 1); /* cannot happen: the credit bounds it */
        return;
    }
    done = pass_on(p, bytes, n);
    if (done < n && !buf_append(&p->pending, bytes + done, n - done))
        done = n; /* nor can this */
    give_back(p, done, n);
}

void pipe_take(struct pipe *p, const uint8_t *bytes, size_t n)
{
    pipe_take_changed(p, bytes, n, n);
}

void pipe_end(struct pipe *p)
{
    p->ended = true;
    pipe_pump(p);
}
