/*
 * engine/client/child.c: three pipes and a pidfd. Pipes that stay open at its end through a
 * descendant are not waited for.
 */
#include "engine/client/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/client/caller.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

#define ERRORS_MAX (64u * 1024)
#define PROGRESS_AT 3

struct child {
    struct loop *loop;
    const struct child_ops *ops;
    void *arg;
    pid_t pid;
    int pid_fd, out_fd, err_fd, progress_fd;
    bool text, cut, cancelled;
    struct buf out;
    struct buf errors; /* the last of its standard error */
    size_t said;       /* bytes of `errors` that were reported as lines */
    struct buf progress;
};

static void unwatch(struct child *c, int *fd)
{
    if (*fd < 0)
        return;
    loop_unwatch(c->loop, *fd);
    close(*fd);
    *fd = -1;
}

void child_free(struct child *c)
{
    if (!c)
        return;
    unwatch(c, &c->pid_fd);
    unwatch(c, &c->out_fd);
    unwatch(c, &c->err_fd);
    unwatch(c, &c->progress_fd);
    buf_release(&c->out);
    buf_release(&c->errors);
    buf_release(&c->progress);
    free(c);
}

/* ---- its output ---- */

/* Bytes of a pipe, into a chunk; 0: none now, or the pipe's end, which closes it. */
static size_t read_some(struct child *c, int *fd, char *chunk, size_t size)
{
    ssize_t n = *fd < 0 ? -1 : read(*fd, chunk, size);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    if (n <= 0)
        unwatch(c, fd);
    return n > 0 ? (size_t)n : 0;
}

static void tell_progress(struct child *c, const char *line, size_t n)
{
    scoped_json json_t *said = json_loadb(line, n, 0, NULL);
    struct child_progress p = { .phase = json_string_or(said, "phase", NULL),
                                .message = json_string_or(said, "message", NULL),
                                .count = { json_int_or(said, "done", -1),
                                           json_int_or(said, "total", -1),
                                           json_string_or(said, "unit", NULL) } };

    if (p.message && c->ops->progress)
        c->ops->progress(c->arg, &p);
}

/* Reports whole lines; one that is too long is not from pyro, and dropped. */
static bool read_progress(struct child *c)
{
    char chunk[PROGRESS_LINE_MAX];
    size_t n = read_some(c, &c->progress_fd, chunk, sizeof(chunk));
    const char *newline;

    if (!n)
        return false;
    if (!buf_append(&c->progress, chunk, n))
        buf_clear(&c->progress);
    while (c->progress.len && (newline = memchr(c->progress.data, '\n', c->progress.len))) {
        size_t len = (size_t)(newline - c->progress.data);
        tell_progress(c, c->progress.data, len);
        buf_consume(&c->progress, len + 1);
    }
    return true;
}

static void tell_lines(struct child *c)
{
    char *newline;

    while (c->said < c->errors.len &&
           (newline = memchr(c->errors.data + c->said, '\n', c->errors.len - c->said))) {
        scoped_free char *line =
            strndup(c->errors.data + c->said, (size_t)(newline - c->errors.data) - c->said);
        c->said = (size_t)(newline - c->errors.data) + 1;
        if (line && c->ops->said)
            c->ops->said(c->arg, line);
    }
}

static bool read_errors(struct child *c)
{
    char chunk[4096];
    size_t n = read_some(c, &c->err_fd, chunk, sizeof(chunk));

    if (!n)
        return false;
    if (c->errors.len + n > ERRORS_MAX) {
        size_t half = c->errors.len / 2;
        buf_consume(&c->errors, half);
        c->said = c->said > half ? c->said - half : 0;
    }
    if (buf_append(&c->errors, chunk, n))
        tell_lines(c);
    return true;
}

static bool read_output(struct child *c)
{
    char chunk[16384];
    size_t n = read_some(c, &c->out_fd, chunk, sizeof(chunk));

    if (n && !buf_append(&c->out, chunk, n)) /* the rest is dropped */
        c->cut = true;
    return n > 0;
}

static void child_on_progress(void *arg, uint32_t events UNUSED)
{
    read_progress(arg);
}

static void child_on_errors(void *arg, uint32_t events UNUSED)
{
    read_errors(arg);
}

static void child_on_output(void *arg, uint32_t events UNUSED)
{
    read_output(arg);
}

/* ---- its end ---- */

static void error_of_object(const json_t *error, struct pyro_error *ret)
{
    pyro_fail(ret, pyro_code_from_name(json_string_or(error, "code", "")), "%s",
              json_string_or(error, "message", "no reason given"));
    pyro_hint(ret, "%s", json_string_or(error, "hint", ""));
}

/* The last line "pyro: WHAT" of its standard error. */
static void error_of_text(struct child *c, int status, struct pyro_error *ret)
{
    const char *found = NULL, *at = c->errors.data ? c->errors.data : "";

    for (; (at = strstr(at, "pyro: ")); at++)
        found = at + 6;
    if (found)
        pyro_fail(ret, PYRO_INTERNAL, "%.*s", (int)strcspn(found, "\r\n"), found);
    else if (WIFSIGNALED(status))
        pyro_fail(ret, PYRO_INTERNAL, "ended by signal %d", WTERMSIG(status));
    else
        pyro_fail(ret, PYRO_INTERNAL, "exit status %d", WEXITSTATUS(status));
    pyro_hint(ret, "%s", " "); /* the line has its own */
}

static void child_on_end(void *arg, uint32_t events UNUSED)
{
    struct child *c = arg;
    struct child_end end = { 0 };
    scoped_json json_t *result = NULL;
    int status = 0;

    if (waitpid(c->pid, &status, WNOHANG) != c->pid)
        return;
    /* Everything it wrote is in the pipes now. */
    while (read_output(c))
        ;
    while (read_errors(c))
        ;
    while (read_progress(c))
        ;
    end.ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    end.cancelled = !end.ok && c->cancelled;
    end.output = c->out.data ? c->out.data : "";
    end.output_len = c->out.len;
    if (!c->text && c->out.data)
        result = json_loadb(c->out.data, c->out.len, 0, NULL);
    end.result = result;
    if (end.cancelled)
        pyro_fail(&end.error, PYRO_INTERNAL, "cancelled");
    else if (!end.ok && json_object_get(result, "error"))
        error_of_object(json_object_get(result, "error"), &end.error);
    else if (!end.ok)
        error_of_text(c, status, &end.error);
    else if (c->cut)
        end.ok =
            pyro_fail(&end.error, PYRO_INTERNAL,
                      "its answer is more than %zu MiB: too much to show", CHILD_OUTPUT_MAX >> 20);
    c->ops->ended(c->arg, &end);
    child_free(c);
}

/* ---- its start ---- */

/* A pipe that we read from, without blocking. */
static bool open_pipe(int *ret_ours, int *ret_theirs, struct pyro_error *err)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) != 0)
        return pyro_fail_errno(err, "a pipe for the command");
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    *ret_ours = fds[0];
    *ret_theirs = fds[1];
    return true;
}

/* The words with --json among them, before those of a command in the guest. */
static void put_words(const struct child_spec *spec, const char *args[CHILD_ARGS_MAX + 3])
{
    bool given = spec->text;
    size_t n = 0;

    args[n++] = spec->program ? spec->program : "/proc/self/exe";
    for (size_t i = 0; spec->argv[i] && i < CHILD_ARGS_MAX; i++) {
        if (!given && !strcmp(spec->argv[i], "--"))
            args[n++] = "--json", given = true;
        args[n++] = spec->argv[i];
    }
    if (!given)
        args[n++] = "--json";
    args[n] = NULL;
}

static bool spawn(struct child *c, const struct child_spec *wanted, struct pyro_error *err)
{
    scoped_free char *caller = str_printf(CALLER_VARIABLE "=%s", caller_name());
    const char *const set[] = { PROGRESS_FD_VARIABLE "=3", caller, NULL };
    const char *args[CHILD_ARGS_MAX + 3] = { NULL };
    struct proc_spec spec = proc_spec_of(args);
    scoped_close int out = -1, errors = -1, progress = -1;

    put_words(wanted, args);
    if ((wanted->out_fd < 0 && !open_pipe(&c->out_fd, &out, err)) ||
        !open_pipe(&c->err_fd, &errors, err) || !open_pipe(&c->progress_fd, &progress, err))
        return false;
    spec.stdout_fd = wanted->out_fd < 0 ? out : wanted->out_fd;
    spec.stderr_fd = errors;
    spec.fds[0].from = progress, spec.fds[0].to = PROGRESS_AT;
    spec.fd_count = 1;
    spec.set = set;
    spec.new_session = true;
    spec.inherit = INHERIT_PYRO | INHERIT_PACKAGES | INHERIT_PERSON | INHERIT_TERMINAL |
                   INHERIT_DIRECTORY | INHERIT_UMASK | INHERIT_FILE_LIMIT;
    if (!proc_start(&spec, &c->pid, err))
        return false;
    c->pid_fd = pidfd_open(c->pid, 0);
    if (c->pid_fd < 0)
        return pyro_fail_errno(err, "watch the command");
    return (c->out_fd < 0 || loop_watch(c->loop, c->out_fd, EPOLLIN, child_on_output, c, err)) &&
           loop_watch(c->loop, c->err_fd, EPOLLIN, child_on_errors, c, err) &&
           loop_watch(c->loop, c->progress_fd, EPOLLIN, child_on_progress, c, err) &&
           loop_watch(c->loop, c->pid_fd, EPOLLIN, child_on_end, c, err);
}

struct child *child_start(struct loop *loop, const struct child_spec *spec, struct pyro_error *err)
{
    struct child *c = calloc(1, sizeof(*c));

    BUG_ON(!c);
    *c = (struct child){ .loop = loop,
                         .ops = spec->ops,
                         .arg = spec->arg,
                         .pid_fd = -1,
                         .out_fd = -1,
                         .err_fd = -1,
                         .progress_fd = -1,
                         .text = spec->text };
    buf_init(&c->out, CHILD_OUTPUT_MAX);
    buf_init(&c->errors, ERRORS_MAX);
    buf_init(&c->progress, 2 * PROGRESS_LINE_MAX);
    if (spawn(c, spec, err))
        return c;
    proc_kill(c->pid);
    child_free(c);
    return NULL;
}

void child_cancel(struct child *c)
{
    proc_signal(-c->pid,
                c->cancelled ? SIGKILL : SIGTERM); /* it leads a session, so also a group */
    c->cancelled = true;
}
