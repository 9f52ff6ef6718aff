/* vmm/console.c: draining a serial console into a file of bounded size. */
#include "vmm/console.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "vmm/base/fs.h"

struct console {
    struct loop *loop;
    int fd, dirfd, file_fd; /* file_fd -1: output is dropped */
    char *name;
    off_t size;
    struct redact_stream redact;
};

/* Opens the file for appending, and notes its size so far. */
static bool open_file(struct console *c)
{
    struct stat st;

    c->file_fd =
        openat(c->dirfd, c->name, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (c->file_fd < 0 || fstat(c->file_fd, &st) != 0)
        return false;
    c->size = st.st_size;
    return true;
}

/* The full file becomes NAME.1, replacing the previous one. */
static void rotate(struct console *c)
{
    scoped_free char *older = str_printf("%s.1", c->name);

    cleanup_close(&c->file_fd);
    c->file_fd = -1;
    if (renameat(c->dirfd, c->name, c->dirfd, older) == 0)
        open_file(c);
}

static void add(struct console *c, const void *bytes, size_t n)
{
    if (c->size + (off_t)n > CONSOLE_BYTES_MAX)
        rotate(c);
    /* A full disk costs console output, nothing else. */
    if (n && c->file_fd >= 0 && write(c->file_fd, bytes, n) > 0)
        c->size += (off_t)n;
}

static void add_redacted(struct console *c, const void *bytes, size_t n, bool final)
{
    scoped_buf clean = BUF_INIT(CONSOLE_BYTES_MAX);

    if (redact_stream_push(&c->redact, bytes, n, final, &clean))
        add(c, clean.data, clean.len);
}

static void console_on_readable(void *arg, uint32_t epoll_events UNUSED)
{
    struct console *c = arg;
    char chunk[16384];
    ssize_t n = read(c->fd, chunk, sizeof(chunk));

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        loop_unwatch(c->loop, c->fd);
        if (c->redact.redactor)
            add_redacted(c, NULL, 0, true);
        return;
    }
    if (c->redact.redactor)
        add_redacted(c, chunk, (size_t)n, false);
    else
        add(c, chunk, (size_t)n);
}

void console_redact(struct console *c, const struct redactor *redactor)
{
    c->redact.redactor = redactor;
}

struct console *console_new(struct loop *loop, int fd, int dirfd, const char *name,
                            struct pyro_error *err)
{
    struct console *c = calloc(1, sizeof(*c));

    if (!c)
        return pyro_no_memory(err, NULL);
    *c = (struct console){ .loop = loop, .fd = -1, .dirfd = dirfd, .file_fd = -1 };
    c->name = str_printf("%s", name);
    redact_stream_init(&c->redact, NULL);
    if (!open_file(c)) {
        pyro_fail_errno(err, "console log '%s'", name);
    } else if (loop_watch(loop, fd, EPOLLIN, console_on_readable, c, err)) {
        c->fd = fd;
        return c;
    }
    console_free(c);
    return NULL;
}

void console_free(struct console *c)
{
    if (!c)
        return;
    if (c->fd >= 0) {
        loop_unwatch(c->loop, c->fd);
        close(c->fd);
    }
    cleanup_close(&c->file_fd);
    redact_stream_release(&c->redact);
    free(c->name);
    free(c);
}
