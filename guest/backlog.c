/* guest/backlog.c: output kept until the host has it. */
#include "guest/backlog.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define OUT_MAX (2 * WIRE_CREDIT)
#define OFFSET_BYTES 8

void backlog_init(struct backlog *b)
{
    *b = (struct backlog){ 0 };
    buf_init(&b->out, OUT_MAX);
}

void backlog_release(struct backlog *b)
{
    buf_release(&b->out);
}

size_t backlog_room(struct backlog *b, const struct stream *s)
{
    size_t on_the_way = s->link ? WIRE_CREDIT - s->send_credit : b->sent;
    size_t done = b->sent > on_the_way ? b->sent - on_the_way : 0;

    if (done >= BACKLOG_TURN_BYTES || b->out.len == OUT_MAX) {
        buf_consume(&b->out, done);
        b->start += done;
        b->sent -= done;
    }
    return OUT_MAX - b->out.len;
}

ssize_t backlog_read(struct backlog *b, const struct stream *s, int fd, const char **ret_bytes)
{
    static char chunk[BACKLOG_TURN_BYTES];
    size_t room = backlog_room(b, s);
    ssize_t n;

    if (!room)
        return 0;
    do
        n = read(fd, chunk, room < sizeof(chunk) ? room : sizeof(chunk));
    while (n < 0 && errno == EINTR);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0) /* EIO: nobody has the terminal open any more */
        return -1;
    *ret_bytes = chunk;
    return buf_append(&b->out, chunk, (size_t)n) ? n : 0;
}

void backlog_send(struct backlog *b, struct stream *s)
{
    static uint8_t frame[WIRE_PAYLOAD_MAX];

    while (s->link && b->sent < b->out.len) {
        size_t room = stream_room(s), n = b->out.len - b->sent;
        if (room <= OFFSET_BYTES) {
            stream_want_room(s);
            return;
        }
        if (n > sizeof(frame) - OFFSET_BYTES)
            n = sizeof(frame) - OFFSET_BYTES;
        if (n > room - OFFSET_BYTES)
            n = room - OFFSET_BYTES;
        put_u64(frame, b->start + b->sent);
        memcpy(frame + OFFSET_BYTES, b->out.data + b->sent, n);
        if (!stream_send(s, WIRE_PTY, frame, n + OFFSET_BYTES))
            return;
        b->sent += n;
    }
}

size_t backlog_unsent(const struct backlog *b)
{
    return b->out.len - b->sent;
}

bool backlog_is_sent(const struct backlog *b)
{
    return b->sent == b->out.len;
}

uint64_t backlog_end(const struct backlog *b)
{
    return b->start + b->out.len;
}

bool backlog_has(const struct backlog *b, int64_t offset)
{
    return offset >= 0 && (uint64_t)offset >= b->start && (uint64_t)offset <= backlog_end(b);
}

void backlog_rewind(struct backlog *b, int64_t offset)
{
    buf_consume(&b->out, (size_t)((uint64_t)offset - b->start));
    b->start = (uint64_t)offset;
    b->sent = 0;
}
