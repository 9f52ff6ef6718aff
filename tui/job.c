/* tui/job.c: children of the interface, by name. */
#include "tui/job.h"

#include <stdlib.h>
#include <string.h>

#include "engine/client/child.h"
#include "tui/log.h"
#include "vmm/base/fs.h"

#define WARNING "pyro: " /* how a command's begins: engine/cmd/io.h */

#define PATIENCE_MS 1000
#define SAID_MAX ((size_t)64 * 1024)

struct job {
    struct job *next;
    struct app *app;
    struct child *child; /* NULL: it could not be started */
    char *what;
    const char *doing; /* to a workspace as a whole: "resetting"; NULL: something else */
    char *workspace;   /* as the command names it; NULL */
    uint64_t from;
    bool quiet; /* the operator did not ask for it */
    struct loop_timer patience;
    char progress[256];
    struct buf said;
    double started_at;
    job_done_fn *done;
    void *arg;
};

static struct job *jobs;

static void free_job(struct job *job)
{
    list_remove(&jobs, job);
    loop_timer_cancel(job->app->loop, &job->patience);
    buf_release(&job->said);
    free(job->what);
    free(job->workspace);
    free(job);
}

/* What it does, should it be about a workspace as a whole. */
static void note_workspace(struct job *job, const char *const *argv)
{
    static const char *const doing[][2] = { { "start", "starting" },
                                            { "stop", "stopping" },
                                            { "delete", "deleting" },
                                            { "reset", "resetting" } };

    for (size_t i = 0; i < ARRAY_SIZE(doing); i++)
        if (!strcmp(argv[0], "workspace") && argv[1] && !strcmp(argv[1], doing[i][0]) && argv[2]) {
            job->doing = doing[i][1];
            job->workspace = str_printf("%s", argv[2]);
        }
}

/* ---- what it says ---- */

static void job_on_progress(void *arg, const struct child_progress *p)
{
    struct job *job = arg;
    double fraction = progress_fraction(&p->count);

    if (fraction < 0)
        snprintf(job->progress, sizeof(job->progress), "%s", p->message);
    else
        snprintf(job->progress, sizeof(job->progress), "%.240s %3.0f %%", p->message,
                 fraction * 100);
    app_damage_soon(job->app);
}

/* Copies the printable part of a line, escape sequences left out. */
static void copy_plain(const char *from, char *to, size_t size)
{
    size_t used = 0;

    for (; *from && used + 1 < size; from++) {
        if (from[0] == '\x1b' && from[1] == '[') {
            from += 2;
            while (*from && (*from < '@' || *from > '~'))
                from++;
            if (!*from)
                break;
        } else if ((unsigned char)*from >= ' ' && *from != 0x7f) {
            to[used++] = *from;
        }
    }
    to[used] = '\0';
}

static void job_on_said(void *arg, const char *line)
{
    struct job *job = arg;
    char text[sizeof(job->progress)];

    buf_keep_tail(&job->said, line, strlen(line));
    buf_keep_tail(&job->said, "\n", 1);
    copy_plain(line, text, sizeof(text));
    if (*text)
        memcpy(job->progress, text, sizeof(text));
    app_damage_soon(job->app);
}

/* ---- its end ---- */

/* What a command that went well warned of, the last of it: nobody sees its standard error. */
static void tell_warning(const struct job *job)
{
    scoped_free char *said = str_printf("%s", job->said.len ? job->said.data : "");
    char text[sizeof(job->progress)];
    const char *last = NULL;

    for (char *rest = said, *line; (line = strsep(&rest, "\n"));)
        if (!strncmp(line, WARNING, strlen(WARNING)))
            last = line + strlen(WARNING);
    if (!last)
        return;
    copy_plain(last, text, sizeof(text));
    app_message(job->app, ROLE_WARN, "%s: %s", job->what, text);
}

static void job_on_ended(void *arg, const struct child_end *child)
{
    struct job *job = arg;
    struct job_end end = { .app = job->app,
                           .what = job->what,
                           .from = job->from,
                           .ok = child->ok,
                           .cancelled = child->cancelled,
                           .result = child->result,
                           .output = child->output,
                           .output_len = child->output_len,
                           .said = job->said.len ? job->said.data : "",
                           .error = child->error };
    const char *hint = pyro_error_hint(&child->error);

    if (job->quiet) {
        /* done() says what there is to say. */
    } else if (child->ok) {
        log_add(ROLE_TEXT, "%s: done, after %.1f s", job->what, clock_wall() - job->started_at);
        tell_warning(job);
    } else if (child->cancelled) {
        log_add(ROLE_TEXT, "%s: ended by you", job->what);
        app_message(job->app, ROLE_TEXT, "%s: ended", job->what);
    } else {
        app_message(job->app, ROLE_BAD, "%s: %s%s%s", job->what, child->error.message,
                    strspn(hint, " ") < strlen(hint) ? " — " : "", hint);
    }
    app_damage(job->app);
    if (job->done)
        job->done(job->arg, &end);
    free_job(job);
}

/* ---- its beginning ---- */

/* A command without an end of its own, or with a late one: how to see it, and how to end it. */
static void job_on_patience_over(void *arg)
{
    struct job *job = arg;

    app_message(job->app, ROLE_TEXT, "%s: runs; L shows it, and x there ends it", job->what);
}

/* spec has argv, text and out_fd; the rest of it is the job's. */
static struct job *start(struct app *app, const char *what, struct child_spec *spec, bool quiet,
                         job_done_fn *done, void *arg)
{
    static const struct child_ops ops = { .progress = job_on_progress,
                                          .said = job_on_said,
                                          .ended = job_on_ended };
    struct job *job = calloc(1, sizeof(*job));
    struct child_end failed = { .output = "" };

    BUG_ON(!job);
    *job = (struct job){ .next = jobs,
                         .app = app,
                         .what = str_printf("%s", what),
                         .from = app->top ? app->top->serial : 0,
                         .quiet = quiet,
                         .said = BUF_INIT(SAID_MAX),
                         .started_at = clock_wall(),
                         .done = done,
                         .arg = arg };
    jobs = job;
    note_workspace(job, spec->argv);
    spec->ops = &ops;
    spec->arg = job;
    job->child = child_start(app->loop, spec, &failed.error);
    if (!job->child) {
        job_on_ended(job, &failed);
        return NULL;
    }
    if (spec->text && !quiet)
        loop_timer_set(app->loop, &job->patience, PATIENCE_MS, job_on_patience_over, job);
    return job;
}

struct job *job_start(struct app *app, const char *what, const char *const *argv, bool text,
                      job_done_fn *done, void *arg)
{
    struct child_spec spec = { .argv = argv, .text = text, .out_fd = -1 };

    return start(app, what, &spec, false, done, arg);
}

struct job *job_start_quietly(struct app *app, const char *what, const char *const *argv, bool text,
                              job_done_fn *done, void *arg)
{
    struct child_spec spec = { .argv = argv, .text = text, .out_fd = -1 };

    return start(app, what, &spec, true, done, arg);
}

struct job *job_start_into(struct app *app, const char *what, const char *const *argv, int out_fd,
                           job_done_fn *done, void *arg)
{
    struct child_spec spec = { .argv = argv, .text = true, .out_fd = out_fd };

    return start(app, what, &spec, false, done, arg);
}

struct job_request {
    struct app *app;
    char *what, *argv[CHILD_ARGS_MAX + 1];
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
    for (size_t i = 0; argv[i] && i < CHILD_ARGS_MAX; i++)
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
    child_cancel(job->child);
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

const char *job_on_workspace(const char *id, const char *name)
{
    for (const struct job *job = jobs; job; job = job->next)
        if (job->workspace &&
            (!strcmp(job->workspace, id) || (name && !strcmp(job->workspace, name))))
            return job->doing;
    return NULL;
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
    while (jobs) {
        child_free(jobs->child);
        free_job(jobs);
    }
}
