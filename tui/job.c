/*
 * tui/job.c: commands as child processes. Standard output is a pipe; standard error is a PTY of
 * their own, since progress is only drawn on a terminal. The end is seen on a pidfd.
 */
#include "tui/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tui/log.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

/* Two whole logs of a service, 64 MiB each, as JSON strings of mostly text. */
#define OUTPUT_MAX ((size_t)512 * 1024 * 1024)
#define ERRORS_MAX (64u * 1024)
#define ARGS_MAX 64
#define PATIENCE_MS 1000

struct job {
    struct job *next;
    struct app *app;
    char *what;
    uint64_t from;
    pid_t pid;
    int pid_fd, out_fd, err_fd;
    bool text, cut, cancelled;
    struct loop_timer patience;
    struct buf out, errors;
    char progress[256];
    double started_at;
    job_done_fn *done;
    void *arg;
};

static struct job *jobs;

static void unwatch(struct job *job, int *fd)
{
    if (*fd < 0)
        return;
    loop_unwatch(job->app->loop, *fd);
    close(*fd);
    *fd = -1;
}

static void free_job(struct job *job)
{
    struct job **at = &jobs;

    while (*at && *at != job)
        at = &(*at)->next;
    if (*at)
        *at = job->next;
    loop_timer_cancel(job->app->loop, &job->patience);
    unwatch(job, &job->pid_fd);
    unwatch(job, &job->out_fd);
    unwatch(job, &job->err_fd);
    buf_release(&job->out);
    buf_release(&job->errors);
    free(job->what);
    free(job);
}

/* ---- what it says ---- */

/* Copies the printable part of a line, escape sequences left out. */
static void copy_plain(const char *from, size_t n, char *to, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < n && used + 1 < size; i++) {
        if (from[i] == '\x1b' && i + 1 < n && from[i + 1] == '[') {
            for (i += 2; i < n && (from[i] < '@' || from[i] > '~'); i++)
                ;
            continue;
        }
        if ((unsigned char)from[i] >= ' ' && from[i] != 0x7f)
            to[used++] = from[i];
    }
    to[used] = '\0';
}

/* The last line that is drawn: after the last carriage return or newline with text behind it. */
static void take_progress(struct job *job)
{
    const char *s = job->errors.data;
    size_t end = job->errors.len, start;

    while (end) {
        char line[sizeof(job->progress)];
        for (start = end; start && s[start - 1] != '\r' && s[start - 1] != '\n'; start--)
            ;
        copy_plain(s + start, end - start, line, sizeof(line));
        if (*line) {
            memcpy(job->progress, line, sizeof(line));
            return;
        }
        end = start ? start - 1 : 0;
    }
}

static void on_errors(void *arg, uint32_t events UNUSED)
{
    struct job *job = arg;
    char chunk[4096];
    ssize_t n = read(job->err_fd, chunk, sizeof(chunk));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) { /* EIO: nobody holds the other end any more */
        unwatch(job, &job->err_fd);
        return;
    }
    if (job->errors.len + (size_t)n > ERRORS_MAX)
        buf_consume(&job->errors, job->errors.len / 2);
    if (buf_append(&job->errors, chunk, (size_t)n))
        take_progress(job);
    app_damage_soon(job->app);
}

static bool read_output(struct job *job)
{
    char chunk[16384];
    ssize_t n = read(job->out_fd, chunk, sizeof(chunk));

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    if (n <= 0) {
        unwatch(job, &job->out_fd);
        return false;
    }
    if (!buf_append(&job->out, chunk, (size_t)n)) /* the rest is dropped */
        job->cut = true;
    return true;
}

static void on_output(void *arg, uint32_t events UNUSED)
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

/* The line "pyro: WHAT" among what it wrote to its terminal. */
static void error_of_text(struct job *job, int status, struct pyro_error *ret)
{
    char line[600];
    const char *found = NULL, *at = job->errors.data ? job->errors.data : "";

    for (; (at = strstr(at, "pyro: ")); at++)
        found = at + 6;
    if (found) {
        copy_plain(found, strcspn(found, "\r\n"), line, sizeof(line));
        pyro_fail(ret, PYRO_INTERNAL, "%s", line);
    } else if (WIFSIGNALED(status)) {
        pyro_fail(ret, PYRO_INTERNAL, "ended by signal %d", WTERMSIG(status));
    } else {
        pyro_fail(ret, PYRO_INTERNAL, "exit status %d", WEXITSTATUS(status));
    }
    pyro_hint(ret, "%s", " "); /* the line has its own */
}

static void finish(struct job *job, struct job_end *end)
{
    const char *hint = pyro_error_hint(&end->error);

    end->app = job->app;
    end->what = job->what;
    end->from = job->from;
    if (end->ok) {
        log_add(ROLE_TEXT, "%s: done, after %.1f s", job->what, clock_wall() - job->started_at);
    } else if (end->cancelled) {
        log_add(ROLE_TEXT, "%s: ended by you", job->what);
        app_message(job->app, ROLE_TEXT, "%s: ended", job->what);
    } else
        app_message(job->app, ROLE_BAD, "%s: %s%s%s", job->what, end->error.message,
                    strspn(hint, " ") < strlen(hint) ? " — " : "", hint);
    app_damage(job->app);
    if (job->done)
        job->done(job->arg, end);
    free_job(job);
}

static void on_end(void *arg, uint32_t events UNUSED)
{
    struct job *job = arg;
    struct job_end end = { 0 };
    scoped_json json_t *result = NULL;
    int status = 0;

    if (waitpid(job->pid, &status, WNOHANG) != job->pid)
        return;
    /* What it wrote is in the pipe now; a descendant may hold the pipe open for ever. */
    while (job->out_fd >= 0 && read_output(job))
        ;
    while (job->err_fd >= 0) {
        size_t had = job->errors.len;
        on_errors(job, 0);
        if (job->err_fd < 0 || job->errors.len == had)
            break;
    }
    end.ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    end.output = job->out.data ? job->out.data : "";
    end.output_len = job->out.len;
    if (!job->text && job->out.data)
        result = json_loadb(job->out.data, job->out.len, 0, NULL);
    end.result = result;
    end.cancelled = !end.ok && job->cancelled;
    if (end.cancelled)
        pyro_fail(&end.error, PYRO_INTERNAL, "ended by you");
    else if (!end.ok && json_object_get(result, "error"))
        error_of_object(json_object_get(result, "error"), &end.error);
    else if (!end.ok)
        error_of_text(job, status, &end.error);
    else if (job->cut)
        end.ok = pyro_fail(&end.error, PYRO_INTERNAL,
                           "its answer is more than %zu MiB: too much to show", OUTPUT_MAX >> 20);
    finish(job, &end);
}

/* ---- its beginning ---- */

/* A terminal for its standard error: our end is non-blocking. */
static bool open_terminal(int *ret_ours, int *ret_theirs, struct pyro_error *err)
{
    struct winsize size = { .ws_row = 24, .ws_col = 200 };
    scoped_close int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    int theirs;

    if (ours < 0 || grantpt(ours) != 0 || unlockpt(ours) != 0)
        return pyro_fail_errno(err, "a terminal for the command");
    ioctl(ours, TIOCSWINSZ, &size);
    theirs = ioctl(ours, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (theirs < 0)
        return pyro_fail_errno(err, "a terminal for the command");
    *ret_ours = take_fd(&ours);
    *ret_theirs = theirs;
    return true;
}

/* out_fd: where its output goes; -1: to be collected. */
static bool spawn(struct job *job, const char *const *argv, int out_fd, struct pyro_error *err)
{
    const char *args[ARGS_MAX + 3] = { "/proc/self/exe" };
    struct proc_spec spec = proc_spec_of(args);
    scoped_close int theirs = -1, pipe_in = -1;
    int pipe_fds[2];
    size_t count = 1;
    bool words = false;

    for (; *argv && count < ARGS_MAX; argv++) {
        if (!strcmp(*argv, "--") && !words && !job->text)
            args[count++] = "--json", words = true;
        args[count++] = *argv;
    }
    if (!job->text && !words)
        args[count++] = "--json";
    if (out_fd < 0) {
        if (pipe2(pipe_fds, O_CLOEXEC) != 0)
            return pyro_fail_errno(err, "a pipe for the command");
        job->out_fd = pipe_fds[0], pipe_in = pipe_fds[1];
        fcntl(job->out_fd, F_SETFL, O_NONBLOCK);
    }
    if (!open_terminal(&job->err_fd, &theirs, err))
        return false;
    spec.stdout_fd = out_fd < 0 ? pipe_in : out_fd;
    spec.stderr_fd = theirs;
    spec.new_session = true;
    spec.inherit = INHERIT_PYRO | INHERIT_PACKAGES | INHERIT_PERSON | INHERIT_TERMINAL |
                   INHERIT_DIRECTORY | INHERIT_UMASK | INHERIT_FILE_LIMIT;
    if (!proc_start(&spec, &job->pid, err))
        return false;
    job->pid_fd = pidfd_open(job->pid, 0);
    if (job->pid_fd < 0)
        return pyro_fail_errno(err, "watch the command");
    return (out_fd >= 0 || loop_watch(job->app->loop, job->out_fd, EPOLLIN, on_output, job, err)) &&
           loop_watch(job->app->loop, job->err_fd, EPOLLIN, on_errors, job, err) &&
           loop_watch(job->app->loop, job->pid_fd, EPOLLIN, on_end, job, err);
}

/* What has no end of its own, or a late one: how it is seen, and ended. */
static void on_patience_over(void *arg)
{
    struct job *job = arg;

    app_message(job->app, ROLE_TEXT, "%s: runs; L shows it, and x there ends it", job->what);
}

static struct job *start(struct app *app, const char *what, const char *const *argv, bool text,
                         int out_fd, job_done_fn *done, void *arg)
{
    struct job *job = calloc(1, sizeof(*job));
    struct job_end end = { 0 };

    BUG_ON(!job);
    *job = (struct job){ .next = jobs,
                         .app = app,
                         .what = str_printf("%s", what),
                         .from = app->top ? app->top->serial : 0,
                         .pid_fd = -1,
                         .out_fd = -1,
                         .err_fd = -1,
                         .text = text,
                         .started_at = clock_wall(),
                         .done = done,
                         .arg = arg };
    buf_init(&job->out, OUTPUT_MAX);
    buf_init(&job->errors, ERRORS_MAX);
    jobs = job;
    if (spawn(job, argv, out_fd, &end.error)) {
        if (text)
            loop_timer_set(app->loop, &job->patience, PATIENCE_MS, on_patience_over, job);
        return job;
    }
    if (job->pid > 0)
        proc_kill(job->pid);
    finish(job, &end);
    return NULL;
}

struct job *job_start(struct app *app, const char *what, const char *const *argv, bool text,
                      job_done_fn *done, void *arg)
{
    return start(app, what, argv, text, -1, done, arg);
}

struct job *job_start_into(struct app *app, const char *what, const char *const *argv, int out_fd,
                           job_done_fn *done, void *arg)
{
    return start(app, what, argv, true, out_fd, done, arg);
}

struct job_request {
    struct app *app;
    char *what, *argv[ARGS_MAX + 1];
    bool text;
    job_done_fn *done;
};

struct job_request *job_request_new(struct app *app, const char *what, const char *const *argv,
                                    bool text, job_done_fn *done)
{
    struct job_request *request = calloc(1, sizeof(*request));

    BUG_ON(!request);
    *request = (struct job_request){
        .app = app, .what = str_printf("%s", what), .text = text, .done = done
    };
    for (size_t i = 0; argv[i] && i < ARGS_MAX; i++)
        request->argv[i] = str_printf("%s", argv[i]);
    return request;
}

void job_request_start(void *arg)
{
    struct job_request *request = arg;

    job_start(request->app, request->what, (const char *const *)request->argv, request->text,
              request->done, NULL);
    job_request_free(request);
}

void job_request_free(void *arg)
{
    struct job_request *request = arg;

    for (size_t i = 0; request->argv[i]; i++)
        free(request->argv[i]);
    free(request->what);
    free(request);
}

void job_forget(struct job *job)
{
    job->done = NULL;
}

void job_cancel(struct job *job)
{
    proc_signal(-job->pid, job->cancelled ? SIGKILL : SIGTERM); /* it leads a session, so a group */
    job->cancelled = true;
}

const char *job_progress(const struct job *job)
{
    return job->progress;
}

struct job *job_first(const struct app *app UNUSED)
{
    return jobs;
}

struct job *job_next(const struct job *job)
{
    return job->next;
}

const char *job_what(const struct job *job)
{
    return job->what;
}

double job_started(const struct job *job)
{
    return job->started_at;
}

void job_release_all(struct app *app UNUSED)
{
    while (jobs)
        free_job(jobs);
}
