/* Rendering of unbounded output, see stream.h. */
#include "engine/term/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/term/track.h"
#include "vmm/base/sandbox.h"

/* A line of this many bytes is not gathered further; the grid takes it. */
#define LINE_MAX_BYTES ((size_t)4 << 20)
#define OUT_MAX_BYTES ((size_t)64 << 20)
#define CHUNK ((size_t)64 * 1024)

bool plain_stream_init(struct plain_stream *s, int rows, int cols, stream_sink *sink, void *user)
{
    memset(s, 0, sizeof *s);
    s->rows = rows < 1 ? 1 : rows > TERM_ROWS_MAX ? TERM_ROWS_MAX : rows;
    s->cols = cols < 2 ? 2 : cols > TERM_COLS_MAX ? TERM_COLS_MAX : cols;
    s->batch = s->next = STREAM_BATCH;
    s->sink = sink;
    s->user = user;
    buf_init(&s->pending, 4 * LINE_MAX_BYTES);
    buf_init(&s->out, OUT_MAX_BYTES);
    s->marks.size = (size_t)s->rows + 1;
    s->marks.mark = calloc(s->marks.size, sizeof *s->marks.mark);
    return s->marks.mark != NULL;
}

void plain_stream_release(struct plain_stream *s)
{
    if (s->on_grid)
        plain_grid_release(&s->grid);
    buf_release(&s->pending);
    buf_release(&s->out);
    free(s->marks.mark);
    memset(s, 0, sizeof *s);
}

static bool give(struct plain_stream *s, size_t n)
{
    if (n && !s->sink(s->user, s->out.data, n))
        s->failed = true;
    buf_clear(&s->out);
    return !s->failed;
}

static bool feed_grid(struct plain_stream *s, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n && !s->failed; i += CHUNK) {
        plain_grid_feed(&s->grid, bytes + i, n - i < CHUNK ? n - i : CHUNK);
        if (s->grid.failed)
            s->failed = true;
        else
            give(s, s->out.len);
    }
    return !s->failed;
}

static bool go_to_grid(struct plain_stream *s)
{
    buf_clear(&s->out);
    s->on_grid = true;
    if (!plain_grid_init(&s->grid, s->rows, s->cols, false, &s->out)) {
        s->failed = true;
        return false;
    }
    s->grid.keep = true;
    feed_grid(s, s->pending.data, s->pending.len);
    buf_release(&s->pending);
    return !s->failed;
}

/*
 * Renders everything that is pending. Up to the oldest of the last rows + 1 line starts it is
 * final, because so many lines have begun since that the screen no longer reaches back to it.
 */
static bool render_pending(struct plain_stream *s, bool is_end)
{
    const struct plain_line_mark *oldest;
    size_t final_in;

    s->marks.count = 0;
    buf_clear(&s->out);
    if (plain_linear_render(s->pending.data, s->pending.len, s->cols, 0, &s->marks, &s->out) !=
        PLAIN_LINEAR_DONE)
        return go_to_grid(s);
    if (is_end)
        return give(s, s->out.len);
    if (s->marks.count >= s->marks.size) {
        oldest = &s->marks.mark[s->marks.count % s->marks.size];
        final_in = oldest->in;
        if (!give(s, oldest->out))
            return false;
        buf_consume(&s->pending, final_in);
    } else if (s->pending.len > LINE_MAX_BYTES) {
        return go_to_grid(s);
    }
    s->next = s->pending.len * 2 > s->batch ? s->pending.len * 2 : s->batch;
    return true;
}

bool plain_stream_feed(struct plain_stream *s, const char *bytes, size_t n)
{
    while (n && !s->failed) {
        size_t part;

        if (s->on_grid)
            return feed_grid(s, bytes, n);
        part = s->next > s->pending.len ? s->next - s->pending.len : 1;
        if (part > n)
            part = n;
        if (!buf_append(&s->pending, bytes, part)) {
            s->failed = true;
            return false;
        }
        bytes += part;
        n -= part;
        if (s->pending.len >= s->next)
            render_pending(s, false);
    }
    return !s->failed;
}

bool plain_stream_finish(struct plain_stream *s)
{
    if (s->failed)
        return false;
    if (!s->on_grid && !render_pending(s, true))
        return false;
    if (!s->on_grid)
        return true;
    return plain_grid_finish(&s->grid) && give(s, s->out.len);
}

/* ---- between descriptors ---- */

struct stream_job {
    int rows, cols;
};

static bool stream_write_text(void *user, const char *text, size_t n)
{
    (void)user;
    return sandbox_write(text, n);
}

static bool stream_run_job(void *arg)
{
    static char bytes[CHUNK];
    const struct stream_job *job = arg;
    struct plain_stream stream;
    bool done = plain_stream_init(&stream, job->rows, job->cols, stream_write_text, NULL);
    ssize_t n = 0;

    while (done && (n = sandbox_read(bytes, sizeof bytes)) > 0)
        done = plain_stream_feed(&stream, bytes, (size_t)n);
    done = done && n == 0 && plain_stream_finish(&stream);
    plain_stream_release(&stream);
    return done;
}

static struct sandbox_task task_of(struct stream_job *job)
{
    /* The heap: batches, their text and the grid, each with room to grow. */
    return (
        struct sandbox_task){ .job = stream_run_job, .arg = job, .heap_bytes = (size_t)320 << 20 };
}

bool plain_stream_copy(int in_fd, int out_fd, int rows, int cols, struct pyro_error *err)
{
    struct stream_job job = { rows, cols };
    const struct sandbox_task task = task_of(&job);
    pid_t pid;

    return sandbox_spawn(&task, in_fd, out_fd, &pid, err) && sandbox_wait(pid, err);
}

bool plain_stream_text(int in_fd, int rows, int cols, struct buf *text, struct pyro_error *err)
{
    struct stream_job job = { rows, cols };
    const struct sandbox_task task = task_of(&job);

    return sandbox_run(&task, in_fd, text, err);
}

/* ---- the screen at the end ---- */

static bool read_tail(int fd, struct buf *tail, struct track *past, struct pyro_error *err)
{
    for (;;) {
        ssize_t n;

        if (tail->len >= 4 * SCREEN_LOOK_BACK) {
            size_t passed = tail->len - SCREEN_LOOK_BACK;
            track_feed(past, tail->data, passed);
            buf_consume(tail, passed);
        }
        if (!buf_reserve(tail, CHUNK))
            return pyro_no_memory(err, "rendering");
        n = read(fd, tail->data + tail->len, CHUNK);
        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR)
            return pyro_fail_errno(err, "reading terminal output");
        if (n > 0)
            tail->len += (size_t)n;
    }
}

bool screen_after_stream(int in_fd, int rows, int cols, struct screen *ret, struct pyro_error *err)
{
    struct plain_options options = { .rows = rows, .cols = cols };
    scoped_buf tail = BUF_INIT(8 * SCREEN_LOOK_BACK);
    struct track past;
    size_t start;

    track_init(&past, 0, NULL, NULL);
    if (!read_tail(in_fd, &tail, &past, err))
        return false;
    start = screen_find_start(tail.data, tail.len);
    track_feed(&past, tail.data, start);
    options.alt_screen = past.alternate;
    options.in_string = track_string(&past);
    return screen_render(tail.data + start, tail.len - start, &options, ret, err);
}
