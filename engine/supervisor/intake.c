/* engine/supervisor/intake.c: from a guest's stream into a log. */
#include "engine/supervisor/intake.h"

#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/base/redact.h"

#define RETRY_MS 500
#define PAUSE_MS 50 /* longer than a program needs between two writes of one text */

static void intake_try_again(void *arg);
static void intake_on_pause(void *arg);

void intake_recall(struct intake *in)
{
    const struct redactor *r = in->supervisor->redactor;
    const struct guest_log *log = in->log;
    uint64_t from = log->redacted_size;
    size_t n, tail;

    buf_clear(&in->pending);
    in->shown = 0;
    if (!r || log->size <= from)
        return;
    if (log->size - from > redactor_tail_max(r))
        from = log->size - redactor_tail_max(r);
    n = (size_t)(log->size - from);
    if (!buf_reserve(&in->pending, n) ||
        fs_pread_full(log->fd, in->pending.data, n, (off_t)from) != (ssize_t)n)
        return;
    in->pending.len = n;
    tail = redactor_tail(r, in->pending.data, n);
    buf_consume(&in->pending, n - tail);
    in->shown = tail;
}

void intake_init(struct intake *in, struct supervisor *s, struct guest_log *log,
                 struct stream *stream)
{
    *in = (struct intake){ .supervisor = s, .log = log, .stream = stream };
    buf_init(&in->pending, WIRE_CREDIT + REDACT_VALUE_MAX);
}

void intake_release(struct intake *in)
{
    loop_timer_cancel(in->supervisor->loop, &in->retry);
    loop_timer_cancel(in->supervisor->loop, &in->pause);
    buf_release(&in->pending);
}

static void fail_write(struct intake *in, const struct pyro_error *err)
{
    struct supervisor *s = in->supervisor;

    record_set_string(&s->record.last_error, err->message);
    supervisor_save(s, false);
    loop_timer_set(s->loop, &in->retry, RETRY_MS, intake_try_again, in);
}

/* Writes what is decided and fits, and returns its credit. Returns how many of the bytes need not
 * be kept; `shown` becomes how many of the others are in the file. */
static size_t write_some(struct intake *in, const void *bytes, size_t n, bool final)
{
    struct pyro_error err = { 0 };
    struct redact_scan scan;
    struct redact_piece p;
    size_t end = in->shown, keep; /* what is before `end` is in the file */

    redact_scan_init(&scan, in->supervisor->redactor, bytes, n, in->shown, final);
    keep = SIZE_MAX;
    while (!err.code && redact_scan_next(&scan, &p)) {
        size_t written = 0;
        bool ok = guest_log_add(in->log, (const char *)bytes + p.from, p.plain, &written, &err);
        end = p.from + written;
        if (ok && p.value && guest_log_redact(in->log, p.value, &err))
            end += p.value;
        stream_consumed(in->stream, end - p.from);
        keep = p.value_from < end ? p.value_from : end; /* when it failed */
    }
    if (err.code)
        fail_write(in, &err);
    else
        keep = scan.held;
    in->shown = end > keep ? end - keep : 0;
    return keep;
}

static void write_pending(struct intake *in, bool final)
{
    buf_consume(&in->pending, write_some(in, in->pending.data, in->pending.len, final));
}

/* Waits for a pause when something is held back. */
static void await_pause(struct intake *in)
{
    struct supervisor *s = in->supervisor;

    if (in->retry.armed || intake_is_drained(in))
        loop_timer_cancel(s->loop, &in->pause);
    else
        loop_timer_set(s->loop, &in->pause, PAUSE_MS, intake_on_pause, in);
}

void intake_pause(struct intake *in)
{
    struct pyro_error err = { 0 };
    size_t end, written = 0;

    loop_timer_cancel(in->supervisor->loop, &in->pause);
    if (in->retry.armed || intake_is_drained(in))
        return;
    end = redactor_release(in->supervisor->redactor, in->pending.data, in->pending.len, in->shown);
    if (!guest_log_add(in->log, in->pending.data + in->shown, end - in->shown, &written, &err))
        fail_write(in, &err);
    stream_consumed(in->stream, written);
    in->shown += written;
}

static void intake_on_pause(void *arg)
{
    intake_pause(arg);
}

static void intake_try_again(void *arg)
{
    struct intake *in = arg;
    struct supervisor *s = in->supervisor;

    write_pending(in, in->ended);
    if (in->retry.armed)
        return;
    record_set_string(&s->record.last_error, NULL);
    supervisor_save(s, false);
    if (in->ended && intake_is_drained(in))
        in->drained(in->arg);
    else
        await_pause(in);
}

void intake_flush(struct intake *in)
{
    write_pending(in, true);
}

uint64_t intake_offset(const struct intake *in)
{
    return guest_log_offset(in->log) + in->pending.len - in->shown;
}

bool intake_is_drained(const struct intake *in)
{
    return in->pending.len == in->shown;
}

void intake_data(struct intake *in, enum wire_channel channel, const uint8_t *bytes, size_t n)
{
    struct reader r = reader_of(bytes, n);
    size_t done = 0;
    uint64_t offset = 0;
    bool direct = !in->pending.len;

    if (channel != WIRE_PTY || !rd_u64(&r, &offset) || offset != intake_offset(in)) {
        supervisor_give_up(in->supervisor, "the guest sent bytes of %s out of their order",
                           in->log->what);
        return;
    }
    stream_consumed(in->stream, n - rd_left(&r));
    supervisor_save_soon(in->supervisor);
    if (direct)
        done = write_some(in, r.at, rd_left(&r), false);
    if (!buf_append(&in->pending, r.at + done, rd_left(&r) - done)) {
        supervisor_give_up(in->supervisor, "the guest sent more of %s than it may", in->log->what);
        return;
    }
    if (!direct && !in->retry.armed)
        write_pending(in, false);
    await_pause(in);
}

bool intake_end(struct intake *in, void (*drained)(void *arg), void *arg)
{
    in->ended = true;
    in->drained = drained;
    in->arg = arg;
    if (!in->retry.armed)
        write_pending(in, true);
    await_pause(in);
    return intake_is_drained(in);
}
