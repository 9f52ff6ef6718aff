/* engine/supervisor/intake.c: from a guest's stream into a log. */
#include "engine/supervisor/intake.h"

#define RETRY_MS 500

static void try_again(void *arg);

void intake_init(struct intake *in, struct supervisor *s, struct guest_log *log,
                 struct stream *stream)
{
    *in = (struct intake){ .supervisor = s, .log = log, .stream = stream };
    buf_init(&in->pending, WIRE_CREDIT);
}

void intake_release(struct intake *in)
{
    loop_timer_cancel(in->supervisor->loop, &in->retry);
    buf_release(&in->pending);
}

/* Writes what can be written, and gives it its credit back. Returns how many of the bytes are dealt
 * with. */
static size_t write_some(struct intake *in, const void *bytes, size_t n)
{
    struct supervisor *s = in->supervisor;
    struct pyro_error err = { 0 };
    size_t written = 0;

    if (!guest_log_add(in->log, bytes, n, &written, &err)) {
        record_set_string(&s->record.last_error, err.message);
        supervisor_save(s, false);
        loop_timer_set(s->loop, &in->retry, RETRY_MS, try_again, in);
    }
    stream_consumed(in->stream, written);
    return written;
}

static void try_again(void *arg)
{
    struct intake *in = arg;
    struct supervisor *s = in->supervisor;

    buf_consume(&in->pending, write_some(in, in->pending.data, in->pending.len));
    if (in->retry.armed)
        return;
    record_set_string(&s->record.last_error, NULL);
    supervisor_save(s, false);
    if (in->ended && !in->pending.len)
        in->drained(in->arg);
}

void intake_data(struct intake *in, enum wire_channel channel, const uint8_t *bytes, size_t n)
{
    uint64_t expected = guest_log_offset(in->log) + in->pending.len, offset = 0;
    struct reader r = reader_of(bytes, n);
    size_t done = 0;

    if (channel != WIRE_PTY || !rd_u64(&r, &offset) || offset != expected) {
        supervisor_give_up(in->supervisor, "the guest sent bytes of %s out of their order",
                           in->log->what);
        return;
    }
    stream_consumed(in->stream, n - rd_left(&r));
    supervisor_save_soon(in->supervisor);
    if (!in->pending.len)
        done = write_some(in, r.at, rd_left(&r));
    if (!buf_append(&in->pending, r.at + done, rd_left(&r) - done))
        supervisor_give_up(in->supervisor, "the guest sent more of %s than it may", in->log->what);
}

bool intake_end(struct intake *in, void (*drained)(void *arg), void *arg)
{
    in->ended = true;
    in->drained = drained;
    in->arg = arg;
    return !in->pending.len;
}
