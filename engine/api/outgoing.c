/* engine/api/outgoing.c: a queue of pieces. */
#include "engine/api/outgoing.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "vmm/base/buf.h"

#define FULL ((size_t)1024 * 1024)
#define PIECE_MAX ((size_t)64 * 1024) /* small ones are put together up to this */
#define AT_ONCE (64 * PIPE_BUF)       /* then others have their turn */

struct outgoing_piece {
    struct outgoing_piece *next;
    int fd; /* -1: all of it is in `bytes` */
    struct buf bytes;
    size_t sent; /* of `bytes` */
};

static void free_piece(struct outgoing_piece *p)
{
    if (p->fd >= 0)
        close(p->fd);
    buf_release(&p->bytes);
    free(p);
}

static void drop_first(struct outgoing *o)
{
    struct outgoing_piece *p = o->first;

    o->first = p->next;
    if (!o->first)
        o->last = NULL;
    free_piece(p);
}

static void outgoing_on_ready(void *arg, uint32_t events);

void outgoing_init(struct outgoing *o, struct loop *loop, int fd, loop_call_fn *changed, void *arg)
{
    *o = (struct outgoing){ .loop = loop, .fd = fd, .changed = changed, .arg = arg };
    o->watched =
        loop_watch(loop, fd, 0, outgoing_on_ready, o, NULL); /* not a regular file: EPERM */
}

void outgoing_release(struct outgoing *o)
{
    if (o->watched)
        loop_unwatch(o->loop, o->fd);
    loop_defer_cancel(o->loop, &o->call);
    while (o->first)
        drop_first(o);
}

bool outgoing_is_full(const struct outgoing *o)
{
    return !o->gone && o->waiting >= FULL;
}

bool outgoing_is_empty(const struct outgoing *o)
{
    return !o->first;
}

static void reader_is_gone(struct outgoing *o)
{
    if (o->watched)
        loop_unwatch(o->loop, o->fd);
    o->watched = false;
    while (o->first)
        drop_first(o);
    o->waiting = 0;
    o->gone = true;
    loop_defer(o->loop, &o->call, o->changed, o->arg);
}

/* Sees that the first piece has bytes to send; false: it has none left. */
static bool fill(struct outgoing_piece *p)
{
    ssize_t n;

    if (p->sent < p->bytes.len)
        return true;
    if (p->fd < 0)
        return false;
    buf_clear(&p->bytes);
    p->sent = 0;
    if (!buf_reserve(&p->bytes, PIECE_MAX))
        return false;
    do
        n = read(p->fd, p->bytes.data, PIECE_MAX);
    while (n < 0 && errno == EINTR);
    p->bytes.len = n > 0 ? (size_t)n : 0;
    return n > 0;
}

static bool can_write(const struct outgoing *o)
{
    struct pollfd room = { .fd = o->fd, .events = POLLOUT };

    return poll(&room, 1, 0) == 1;
}

/* Writes what goes without waiting. */
static void pump(struct outgoing *o)
{
    bool was_full = outgoing_is_full(o);
    size_t written = 0;

    while (o->first && written < AT_ONCE && can_write(o)) {
        struct outgoing_piece *p = o->first;
        size_t left;
        ssize_t n;

        if (!fill(p)) {
            drop_first(o);
            continue;
        }
        left = p->bytes.len - p->sent;
        n = write(o->fd, p->bytes.data + p->sent, left < PIPE_BUF ? left : PIPE_BUF);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0) {
            reader_is_gone(o);
            return;
        }
        p->sent += (size_t)n;
        written += (size_t)n;
        o->waiting -= p->fd < 0 ? (size_t)n : 0;
    }
    if (was_full && !outgoing_is_full(o))
        loop_defer(o->loop, &o->call, o->changed, o->arg);
}

/* Writes what goes now, and waits for room for the rest. */
static void go_on(struct outgoing *o)
{
    bool had = o->first;

    do {
        pump(o);
        while (o->first && !fill(o->first))
            drop_first(o);
    } while (o->first && !o->watched && !o->gone);
    if (o->watched)
        loop_rewatch(o->loop, o->fd, o->first ? EPOLLOUT : 0);
    if (had && !o->first)
        loop_defer(o->loop, &o->call, o->changed, o->arg);
}

static void outgoing_on_ready(void *arg, uint32_t events)
{
    if (events & (EPOLLERR | EPOLLHUP))
        reader_is_gone(arg);
    else
        go_on(arg);
}

static void append(struct outgoing *o, struct outgoing_piece *p)
{
    if (o->last)
        o->last->next = p;
    else
        o->first = p;
    o->last = p;
}

static struct outgoing_piece *new_piece(struct outgoing *o, int fd)
{
    struct outgoing_piece *p = calloc(1, sizeof(*p));

    BUG_ON(!p);
    p->fd = fd;
    buf_init(&p->bytes, SIZE_MAX / 2);
    append(o, p);
    return p;
}

void outgoing_put(struct outgoing *o, const char *text, size_t n)
{
    struct outgoing_piece *p = o->last;

    if (o->gone)
        return;
    if (!p || p->fd >= 0 || p->bytes.len + n > PIECE_MAX)
        p = new_piece(o, -1);
    BUG_ON(!buf_append(&p->bytes, text, n));
    o->waiting += n;
    go_on(o);
}

void outgoing_put_file(struct outgoing *o, int fd)
{
    if (o->gone) {
        close(fd);
        return;
    }
    new_piece(o, fd);
    go_on(o);
}
