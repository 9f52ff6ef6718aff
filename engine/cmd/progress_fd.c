/* engine/cmd/progress_fd.c: which descriptor, how often, and writing without waiting. */
#include "engine/cmd/progress_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm/base/fs.h"
#include "vmm/base/json.h"

/* Ten lines a second. Steps may come in a burst of ten, and counts in one of five, so that a count
 * that goes quickly does not hide the step after it. */
#define EVERY_MS 100
#define STEPS_AT_ONCE 10
#define COUNTS_AT_ONCE 5
#define MESSAGE_MAX 400 /* bytes: even escaped one by one they fit a line */

/* Nothing but digits. */
static bool parse_number(const char *text, int *ret)
{
    char *end;
    long n;

    if (!*text || strspn(text, "0123456789") != strlen(text))
        return false;
    errno = 0;
    n = strtol(text, &end, 10);
    *ret = (int)n;
    return !errno && n >= 3 && n <= INT_MAX;
}

static bool can_be_written(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && !(flags & O_PATH) && (flags & O_ACCMODE) != O_RDONLY;
}

bool progress_fd_open(struct progress_fd *p, struct pyro_error *err)
{
    const char *text = getenv(PROGRESS_FD_VARIABLE);
    int fd = -1;

    *p = (struct progress_fd){ .fd = -1 };
    if (!text || !*text)
        return true;
    /* A terminal may be stopped for as long as its user likes. */
    if (!parse_number(text, &fd) || !can_be_written(fd) || isatty(fd)) {
        pyro_fail(err, PYRO_INVALID_ARGUMENT,
                  "%s is '%s': not a descriptor, 3 or more, that can be written to%s",
                  PROGRESS_FD_VARIABLE, text,
                  fd >= 3 && isatty(fd) ? " and is not a terminal" : "");
        return pyro_hint(err, "unset it, or start pyro with that descriptor open on a pipe or a "
                              "file, as in '3>FILE'");
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    p->fd = fd;
    return true;
}

/* Without blocking: a socket takes a flag for that, anything else is asked by poll(2) first. */
static ssize_t write_now(int fd, const char *bytes, size_t n)
{
    struct pollfd room = { .fd = fd, .events = POLLOUT };
    ssize_t sent = send(fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (sent >= 0 || errno != ENOTSOCK)
        return sent;
    if (poll(&room, 1, 0) == 1)
        return write(fd, bytes, n);
    errno = EAGAIN;
    return -1;
}

/* Writes what is left of a line; true when none of it is left. */
static bool flush_rest(struct progress_fd *p)
{
    ssize_t n = p->rest_len ? write_now(p->fd, p->rest, p->rest_len) : 0;

    if (n < 0 && errno != EAGAIN && errno != EINTR)
        p->fd = -1; /* the reader went away, or the disk is full: nobody listens any more */
    if (n <= 0)
        return p->rest_len == 0;
    p->rest_len -= (size_t)n;
    memmove(p->rest, p->rest + n, p->rest_len);
    return p->rest_len == 0;
}

/* Whether another line may come now, in a burst of at most this many. */
static bool is_due(struct progress_fd *p, int at_once)
{
    int64_t now = clock_ms();

    if (p->due_ms - now > (int64_t)(at_once - 1) * EVERY_MS)
        return false;
    p->due_ms = (p->due_ms > now ? p->due_ms : now) + EVERY_MS;
    return true;
}

static void put_line(struct progress_fd *p, const char *message, const struct progress_count *count)
{
    static const struct progress_count none = { -1, -1, NULL };
    const struct progress_count *c = count ? count : &none;
    scoped_json json_t *line = json_pack(
        "{s:o, s:o, s:o, s:s?, s:o}", "phase", *p->phase ? json_string(p->phase) : json_null(),
        "done", c->done < 0 ? json_null() : json_integer(c->done), "total",
        c->total < 0 ? json_null() : json_integer(c->total), "unit", c->unit, "message",
        json_string_lossy(message, strnlen(message, MESSAGE_MAX)));
    size_t n = line ? json_dumpb(line, p->rest, sizeof(p->rest) - 1, JSON_COMPACT) : 0;

    if (!n || n > sizeof(p->rest) - 1)
        return;
    p->rest[n] = '\n';
    p->rest_len = n + 1;
    flush_rest(p);
}

void progress_fd_tell(struct progress_fd *p, const char *message,
                      const struct progress_count *count)
{
    if (p->fd >= 0 && is_due(p, count ? COUNTS_AT_ONCE : STEPS_AT_ONCE) && flush_rest(p))
        put_line(p, message, count);
}

void progress_fd_phase(struct progress_fd *p, const char *phase, const char *message)
{
    snprintf(p->phase, sizeof(p->phase), "%s", phase);
    progress_fd_tell(p, message, NULL);
}
