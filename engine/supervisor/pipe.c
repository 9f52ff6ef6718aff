/* engine/supervisor/pipe.c: bytes from one stream to another. */
#include "engine/supervisor/pipe.h"

void pipe_init(struct pipe *p, enum wire_channel channel, struct stream *from, struct stream *to)
{
    *p = (struct pipe){ .from = from, .to = to, .channel = channel };
    buf_init(&p->pending, WIRE_CREDIT);
}

void pipe_release(struct pipe *p)
{
    buf_release(&p->pending);
}

void pipe_pump(struct pipe *p)
{
    if (p->pending.len) {
        size_t n = p->to->link ? stream_send(p->to, p->channel, p->pending.data, p->pending.len)
                               : p->pending.len;
        buf_consume(&p->pending, n);
        stream_consumed(p->from, n);
    }
    if (p->ended && !p->pending.len && !p->end_sent) {
        p->end_sent = true;
        stream_end(p->to, p->channel);
    }
}

void pipe_take(struct pipe *p, const uint8_t *bytes, size_t n)
{
    size_t done = 0;

    if (!p->to->link)
        done = n;
    else if (!p->pending.len)
        done = stream_send(p->to, p->channel, bytes, n);
    if (done < n && !buf_append(&p->pending, bytes + done, n - done))
        done = n; /* cannot be: the credit is the buffer's maximum */
    stream_consumed(p->from, done);
}

void pipe_end(struct pipe *p)
{
    p->ended = true;
    pipe_pump(p);
}
