/* guest/file_op.c: the streams of requests about files. */
#include "guest/file_op.h"

#include "guest/freeze.h"
#include "vmm/base/file_records.h"

#define PASS_BYTES 131072 /* of output before others have their turn */
#define OUT_MAX (1024 * 1024)
#define THAW_LOOK_MS 5

static void drop(struct file_op *op)
{
    loop_defer_cancel(op->g->loop, &op->again);
    loop_timer_cancel(op->g->loop, &op->thawed);
    buf_release(&op->held);
    buf_release(&op->in);
    buf_release(&op->out);
    op->type->release(op);
}

static void fail(struct file_op *op, const struct pyro_error *err)
{
    stream_fail(&op->stream, err);
    drop(op);
}

static void finish(struct file_op *op)
{
    scoped_json json_t *result = op->type->result ? op->type->result(op) : NULL;

    stream_end(&op->stream, WIRE_STDOUT);
    stream_close(&op->stream, result);
    drop(op);
}

static void file_op_pump(void *arg)
{
    struct file_op *op = arg;
    struct pyro_error err = { 0 };

    if (op->type->changes && freeze_is_held()) {
        loop_timer_set(op->g->loop, &op->thawed, THAW_LOOK_MS, file_op_pump, op);
        return;
    }
    for (size_t moved = 0; moved < PASS_BYTES;) {
        size_t n;
        if (!op->out.len && op->filled) {
            finish(op);
            return;
        }
        if (!op->out.len) {
            enum file_fill more = op->type->fill ? op->type->fill(op, &err) : FILE_FILL_END;
            op->waits = more == FILE_FILL_WAIT;
            if (op->waits)
                return;
            if (more == FILE_FILL_FAILED) {
                fail(op, &err);
                return;
            }
            op->filled = more == FILE_FILL_END;
        }
        n = stream_send(&op->stream, WIRE_STDOUT, op->out.data, op->out.len);
        buf_consume(&op->out, n);
        moved += n;
        if (op->out.len) {
            stream_want_room(&op->stream);
            return;
        }
    }
    loop_defer(op->g->loop, &op->again, file_op_pump, op);
}

void file_op_resume(struct file_op *op)
{
    op->waits = false;
    file_op_pump(op);
}

/* False: the op is gone. */
static bool take(struct file_op *op, const void *bytes, size_t n)
{
    struct pyro_error err = { 0 };
    bool ok = true;

    stream_consumed(&op->stream, n);
    if (op->type->input)
        ok = op->type->input(op, bytes, n, &err);
    else if (!buf_append(&op->in, bytes, n))
        ok = pyro_fail(&err, PYRO_INVALID_ARGUMENT, "too much at once, or out of memory");
    if (!ok)
        fail(op, &err);
    return ok;
}

static void begin(struct file_op *op)
{
    struct pyro_error err = { 0 };

    op->begun = true;
    if (op->type->begin(op, &err))
        file_op_pump(op);
    else
        fail(op, &err);
}

static void file_op_on_thaw_timer(void *arg)
{
    struct file_op *op = arg;
    struct buf held;

    if (freeze_is_held()) {
        loop_timer_set(op->g->loop, &op->thawed, THAW_LOOK_MS, file_op_on_thaw_timer, op);
        return;
    }
    held = op->held;
    buf_init(&op->held, WIRE_CREDIT);
    if ((!held.len || take(op, held.data, held.len)) && op->end_held)
        begin(op);
    buf_release(&held);
}

/* A change to a file system that is held still waits in the kernel, and this program with it: the
 * thaw would not be heard. */
static bool must_wait(struct file_op *op)
{
    if (!op->type->changes)
        return false;
    if (!op->thawed.armed && freeze_is_held())
        loop_timer_set(op->g->loop, &op->thawed, THAW_LOOK_MS, file_op_on_thaw_timer, op);
    return op->thawed.armed;
}

static void file_op_on_data(struct stream *s, enum wire_channel channel, const uint8_t *bytes,
                            size_t n)
{
    struct file_op *op = s->arg;
    struct pyro_error err = { 0 };

    if (channel != WIRE_STDIN || op->begun) {
        stream_consumed(s, n);
    } else if (!must_wait(op)) {
        take(op, bytes, n);
    } else if (!buf_append(&op->held, bytes, n)) {
        pyro_no_memory(&err, NULL);
        fail(op, &err);
    }
}

static void file_op_on_end(struct stream *s, enum wire_channel channel)
{
    struct file_op *op = s->arg;

    if (channel != WIRE_STDIN || op->begun)
        return;
    if (must_wait(op))
        op->end_held = true;
    else
        begin(op);
}

static void file_op_on_writable(struct stream *s)
{
    struct file_op *op = s->arg;

    if (op->begun && !op->waits)
        file_op_pump(op);
}

static void file_op_on_closed(struct stream *s, const json_t *result UNUSED,
                              const struct pyro_error *err UNUSED)
{
    drop(s->arg);
}

bool file_op_start(struct file_op *op, struct guest *g, const struct file_op_type *type,
                   uint32_t id, struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = file_op_on_data,
                                           .end = file_op_on_end,
                                           .writable = file_op_on_writable,
                                           .closed = file_op_on_closed };

    op->g = g;
    op->type = type;
    buf_init(&op->in, FILE_PATHS_MAX_BYTES);
    buf_init(&op->out, OUT_MAX);
    buf_init(&op->held, WIRE_CREDIT);
    if (stream_accept(g->link, id, &op->stream, &ops, op, err))
        return true;
    drop(op);
    return false;
}
