/* engine/shell/control.c: an operator's input on its way to the supervisor. */
#include "engine/shell/control.h"

#include <stdlib.h>
#include <unistd.h>

#include "engine/client/caller.h"
#include "engine/client/connect.h"
#include "vmm/base/fs.h"

#define QUEUE_MAX ((size_t)1024 * 1024) /* what a program has yet to read */
#define FLUSH_MS 500
#define LINE_MAX_BYTES                                                                             \
    ((size_t)64 * 1024) /* there is room for that when the program has read all */

struct shell_control {
    struct loop *loop;
    struct link *link;
    struct stream stream;
    struct buf queue; /* what the link has no credit for yet */
    shell_control_lost_fn *lost;
    void *arg;
    bool over;
};

/* How much of the queue goes out now: when there is no room for all of it, up to a line's end,
 * where the input of others may come in between. A line that no room would do for is cut. */
static size_t whole_lines(const struct shell_control *c, size_t room)
{
    size_t n = room;

    if (room >= c->queue.len)
        return c->queue.len;
    while (n && c->queue.data[n - 1] != '\r' && c->queue.data[n - 1] != '\n')
        n--;
    return n || room < LINE_MAX_BYTES ? n : room;
}

static void pump(struct shell_control *c)
{
    size_t n = whole_lines(c, stream_room(&c->stream));

    if (n)
        buf_consume(&c->queue, stream_send(&c->stream, WIRE_STDIN, c->queue.data, n));
    if (c->queue.len)
        stream_want_room(&c->stream);
}

static void control_on_writable(struct stream *s)
{
    pump(s->arg);
}

static void control_on_closed(struct stream *s, const json_t *result, const struct pyro_error *why)
{
    struct shell_control *c = s->arg;
    struct pyro_error err = { 0 };

    if (!result)
        pyro_fail(&err, PYRO_GUEST_LOST, "the supervisor was lost: %s", why->message);
    else if (error_from_result(result, &err))
        pyro_fail(&err, PYRO_SHELL_STATE, "the shell takes no more input");
    if (!c->over)
        c->lost(c->arg, &err);
    c->over = true;
}

static void control_on_lost(struct link *link UNUSED, const struct pyro_error *why UNUSED)
{
}

struct shell_control *shell_control_new(struct loop *loop, const struct workspace_handle *w,
                                        const char *shell, shell_control_lost_fn *lost, void *arg,
                                        struct pyro_error *err)
{
    static const struct link_ops link_ops = { .lost = control_on_lost };
    static const struct stream_ops ops = { .writable = control_on_writable,
                                           .closed = control_on_closed };
    scoped_json json_t *request = json_pack("{s:s, s:s, s:s, s:s}", "op", "shell", "do", "attach",
                                            "shell", shell, "by", caller_name());
    struct shell_control *c = calloc(1, sizeof(*c));
    int fd = supervisor_connect(w, MACHINE_AWAKE, err);

    BUG_ON(!c);
    *c = (struct shell_control){ .loop = loop, .lost = lost, .arg = arg };
    buf_init(&c->queue, QUEUE_MAX);
    if (fd >= 0) {
        c->link = link_new(loop, fd, LINK_SOCKET, &link_ops, c, err);
        if (!c->link)
            close(fd);
    }
    if (!c->link || !stream_open(c->link, &c->stream, request, &ops, c, err)) {
        c->over = true;
        shell_control_free(c);
        return NULL;
    }
    return c;
}

void shell_control_free(struct shell_control *c)
{
    if (!c)
        return;
    if (c->link && !c->over) {
        pump(c);
        stream_close(&c->stream, NULL);
        link_flush(c->link, clock_ms() + FLUSH_MS);
    }
    c->over = true;
    link_free(c->link);
    buf_release(&c->queue);
    free(c);
}

bool shell_control_type(struct shell_control *c, const void *bytes, size_t n)
{
    if (c->over || !buf_append(&c->queue, bytes, n))
        return false;
    pump(c);
    return true;
}

void shell_control_resize(struct shell_control *c, int rows, int cols)
{
    scoped_json json_t *message = json_pack("{s:[i, i]}", "resize", cols, rows);

    if (!c->over)
        stream_message(&c->stream, message);
}
