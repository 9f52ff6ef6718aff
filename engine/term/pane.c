/* engine/term/pane.c: the trusted side of a renderer. */
#include "engine/term/pane.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "engine/term/terminal.h"
#include "vmm/base/proc.h"
#include "vmm/base/sock.h"

#define UNDER_WAY_MAX 2
#define READ_CHUNK 65536

struct pane {
    struct loop *loop;
    const struct pane_ops *ops;
    void *arg;
    int fd;
    pid_t pid;
    size_t cells_max;
    int64_t deadline_ms;
    struct buf out, in;
    unsigned under_way; /* unanswered frames */
    bool painting;      /* one of them is a paint */
    bool paint_all, again;
    size_t frame_max; /* of the paint in progress */
    bool writable_wanted, failed;
    struct loop_timer deadline;
    struct pane_view view;
};

/* ---- its end ---- */

static void end_child(struct pane *p)
{
    loop_timer_cancel(p->loop, &p->deadline);
    if (p->fd >= 0) {
        loop_unwatch(p->loop, p->fd);
        close(p->fd);
        p->fd = -1;
    }
}

/* `why` is about to be reported; if the child ended on its own, its exit status says more. */
static void fail(struct pane *p, struct pyro_error *why)
{
    struct pyro_error end = { 0 };

    if (p->failed)
        return;
    p->failed = true;
    end_child(p);
    if (why->code)
        proc_signal(p->pid, SIGKILL);
    if (!sandbox_wait(p->pid, &end) && !why->code)
        *why = end;
    if (!why->code)
        pyro_fail(why, PYRO_INTERNAL, "rendering: the terminal process ended");
    p->pid = -1;
    p->ops->failed(p->arg, why);
}

static void fail_with(struct pane *p, const char *what)
{
    struct pyro_error why = { 0 };

    pyro_fail(&why, PYRO_INTERNAL, "rendering: the terminal process %s", what);
    fail(p, &why);
}

static void pane_on_deadline(void *arg)
{
    fail_with(arg, "hangs");
}

/* ---- from the child ---- */

static bool take_frame(struct pane *p, enum pane_frame kind, const char *body, size_t n)
{
    switch (kind) {
    case PANE_DONE:
        if (n || p->under_way <= p->painting)
            return false;
        p->under_way--;
        return true;
    case PANE_PAINTED:
        if (!p->painting || !pane_view_take(&p->view, body, n))
            return false;
        p->painting = false;
        p->under_way--;
        p->ops->painted(p->arg);
        if (p->again && !p->failed) {
            p->again = false;
            pane_paint(p);
        }
        return true;
    default:
        return false;
    }
}

static void take_frames(struct pane *p)
{
    size_t at = 0;

    while (!p->failed && p->in.len - at >= PANE_FRAME_HEAD) {
        struct reader r = reader_of(p->in.data + at, p->in.len - at);
        uint32_t n = 0;
        uint8_t kind = 0;
        if (!rd_u32(&r, &n) || !rd_u8(&r, &kind) || n > p->frame_max) {
            fail_with(p, "gave a wrong answer");
            return;
        }
        if (rd_left(&r) < n)
            break;
        if (!take_frame(p, kind, (const char *)r.at, n)) {
            fail_with(p, "gave a wrong answer");
            return;
        }
        at += PANE_FRAME_HEAD + n;
    }
    buf_consume(&p->in, at);
    if (p->failed)
        return;
    if (p->under_way)
        loop_timer_set(p->loop, &p->deadline, p->deadline_ms, pane_on_deadline, p);
    else
        loop_timer_cancel(p->loop, &p->deadline);
}

static void pane_on_readable(struct pane *p)
{
    struct pyro_error none = { 0 };
    ssize_t n;

    if (!buf_reserve(&p->in, READ_CHUNK)) {
        fail_with(p, "gave a wrong answer");
        return;
    }
    n = read(p->fd, p->in.data + p->in.len, READ_CHUNK);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        fail(p, &none);
        return;
    }
    p->in.len += (size_t)n;
    take_frames(p);
    if (!p->failed && pane_is_ready(p))
        p->ops->ready(p->arg);
}

/* ---- to the child ---- */

static void flush(struct pane *p)
{
    struct pyro_error none = { 0 };
    bool wanted;

    while (p->out.len) {
        ssize_t n = send(p->fd, p->out.data, p->out.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) {
            fail(p, &none);
            return;
        }
        buf_consume(&p->out, (size_t)n);
    }
    wanted = p->out.len > 0;
    if (wanted != p->writable_wanted)
        loop_rewatch(p->loop, p->fd, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
    p->writable_wanted = wanted;
}

static void pane_on_event(void *arg, uint32_t events)
{
    struct pane *p = arg;

    if (events & EPOLLOUT)
        flush(p);
    if (!p->failed && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        pane_on_readable(p);
}

static void send_frame(struct pane *p, enum pane_frame kind, const void *body, size_t n)
{
    uint8_t head[PANE_FRAME_HEAD];

    if (p->failed)
        return;
    put_u32(head, (uint32_t)n);
    head[4] = (uint8_t)kind;
    if (!buf_append(&p->out, head, sizeof(head)) || !buf_append(&p->out, body, n)) {
        fail_with(p, "takes no input");
        return;
    }
    if (!p->under_way++)
        loop_timer_set(p->loop, &p->deadline, p->deadline_ms, pane_on_deadline, p);
    flush(p);
}

bool pane_is_ready(const struct pane *p)
{
    return !p->failed && p->under_way < UNDER_WAY_MAX;
}

void pane_feed(struct pane *p, enum pane_frame kind, const void *bytes, size_t n)
{
    BUG_ON(n > PANE_BYTES_MAX);
    send_frame(p, kind, bytes, n);
}

bool pane_resize(struct pane *p, int rows, int cols)
{
    uint8_t body[4];

    vtgate_clamp_size(&rows, &cols);
    if ((size_t)rows * (size_t)cols > p->cells_max)
        return false;
    put_u16(body, (uint16_t)rows);
    put_u16(body + 2, (uint16_t)cols);
    send_frame(p, PANE_RESIZE, body, sizeof(body));
    return true;
}

bool pane_set_rect(struct pane *p, const struct pane_rect *rect)
{
    if (p->view.rect.top == rect->top && p->view.rect.left == rect->left &&
        p->view.rect.rows == rect->rows && p->view.rect.cols == rect->cols)
        return true;
    p->paint_all = true;
    return pane_view_set_rect(&p->view, rect);
}

void pane_paint(struct pane *p)
{
    uint8_t body[9];

    if (p->painting) {
        p->again = true;
        return;
    }
    put_u16(body, (uint16_t)p->view.rect.top);
    put_u16(body + 2, (uint16_t)p->view.rect.left);
    put_u16(body + 4, (uint16_t)p->view.rect.rows);
    put_u16(body + 6, (uint16_t)p->view.rect.cols);
    body[8] = p->paint_all;
    p->frame_max = pane_painted_max(&p->view.rect);
    p->paint_all = false;
    p->painting = !p->failed;
    send_frame(p, PANE_PAINT, body, sizeof(body));
}

/* ---- life ---- */

static bool start_child(struct pane *p, const struct pane_options *options, struct pyro_error *err)
{
    struct pane_child_start start = options->start;
    struct sandbox_task task = { .job = options->job ? options->job : pane_child_job,
                                 .arg = &start };
    int rows = options->rows_max > start.rows ? options->rows_max : start.rows;
    int cols = options->cols_max > start.cols ? options->cols_max : start.cols;
    int ends[2];
    bool ok;

    vtgate_clamp_size(&rows, &cols);
    p->cells_max = (size_t)rows * (size_t)cols;
    task.heap_bytes = terminal_heap_bytes(rows, cols);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return pyro_fail_errno(err, "starting the renderer");
    ok = sandbox_spawn(&task, ends[1], ends[1], &p->pid, err);
    close(ends[1]);
    p->fd = ends[0];
    return ok && (fd_set_nonblocking(p->fd, true) || pyro_fail_errno(err, "starting the renderer"));
}

struct pane *pane_new(struct loop *loop, const struct pane_options *options,
                      const struct pane_ops *ops, void *arg, struct pyro_error *err)
{
    struct pane_rect none = { 0, 0, 0, 0 };
    struct pane *p = calloc(1, sizeof(*p));

    if (!p)
        return pyro_no_memory(err, "starting the renderer");
    p->loop = loop;
    p->ops = ops;
    p->arg = arg;
    p->fd = p->pid = -1;
    p->deadline_ms = options->deadline_ms ? options->deadline_ms : PANE_DEADLINE_MS;
    buf_init(&p->out, 4 * (size_t)PANE_BYTES_MAX);
    buf_init(&p->in, (size_t)128 << 20);
    if (!pane_view_set_rect(&p->view, &none) || !start_child(p, options, err) ||
        !loop_watch(loop, p->fd, EPOLLIN, pane_on_event, p, err)) {
        pane_free(p);
        return NULL;
    }
    p->view.rows = options->start.rows;
    p->view.cols = options->start.cols;
    p->view.cursor_shape = PANE_CURSOR_BLOCK;
    return p;
}

void pane_free(struct pane *p)
{
    if (!p)
        return;
    end_child(p);
    proc_kill(p->pid);
    buf_release(&p->out);
    buf_release(&p->in);
    pane_view_release(&p->view);
    free(p);
}

const struct pane_view *pane_view(const struct pane *p)
{
    return &p->view;
}

void pane_view_drawn(struct pane *p)
{
    memset(p->view.dirty, false, (size_t)p->view.rect.rows);
}

pid_t pane_pid(const struct pane *p)
{
    return p->pid;
}

bool pane_has_failed(const struct pane *p)
{
    return p->failed;
}
