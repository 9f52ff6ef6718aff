/*
 * A command of pyro's table run for the operator: as a child process, so that nothing it does can
 * hold the interface up, and exactly as it would run from a shell (engine/client/child.h). Its
 * progress and its end are reported under its name.
 */
#ifndef PYRO_TUI_JOB_H
#define PYRO_TUI_JOB_H

#include "tui/app.h"
#include "vmm/base/json.h"

struct job;

struct job_end {
    struct app *app;
    const char *what; /* as job_start() got it */
    uint64_t from;    /* the screen that it was started on: see app_may_open() */
    bool ok;
    bool cancelled;       /* by job_cancel() */
    const json_t *result; /* of a JSON job that went well */
    const char *output;   /* of a text job: what it printed, ended by a NUL */
    size_t output_len;
    const char *said; /* the lines of its standard error; "" for none, the oldest may be missing */
    struct pyro_error error;
};
/* The job is over; it is freed when this returns. */
typedef void job_done_fn(void *arg, const struct job_end *end);

/*
 * Runs `pyro ARGV…` (NULL-terminated, without "pyro"); `what` is what the operator calls it. With
 * `text` its human output is collected, else its JSON result. done may be NULL. A failure to start
 * it is reported through done as well. Errors are shown to the operator already; the log screen
 * gets a line in either case.
 */
struct job *job_start(struct app *app, const char *what, const char *const *argv, bool text,
                      job_done_fn *done, void *arg);
/* The same for what the operator did not ask for, such as a preview: only done() is told how it
 * ends, and it is not in the log. */
struct job *job_start_quietly(struct app *app, const char *what, const char *const *argv, bool text,
                              job_done_fn *done, void *arg);
/* As job_start(), for a text that goes to out_fd (borrowed) instead of being collected: a long one. */
struct job *job_start_into(struct app *app, const char *what, const char *const *argv, int out_fd,
                           job_done_fn *done, void *arg);
/*
 * A command for later, should the operator agree: an argument of confirm_ask(). All strings are
 * copied. job_request_start() takes the request.
 */
struct job_request;
struct job_request *job_request_new(struct app *app, const char *what, const char *const *argv,
                                    bool text, job_done_fn *done);
void job_request_start(void *request);
void job_request_free(void *request);

/* Nobody wants its end any more; it goes on. */
void job_forget(struct job *job);
/* Ends it and what it has started: asked to the first time, killed the second. It is over when
 * done() is called. */
void job_cancel(struct job *job);
/* Its progress in words; "" for nothing. Controls are removed. */
const char *job_progress(const struct job *job);
/* The jobs that run, newest first. */
struct job *job_first(const struct app *app);
struct job *job_next(const struct job *job);
const char *job_what(const struct job *job);
double job_started(const struct job *job); /* epoch seconds */
/* What a job that runs does to the workspace of this id or name as a whole, in a word: "resetting";
 * NULL: nothing. `name` may be NULL. */
const char *job_on_workspace(const char *id, const char *name);
/* At the end of the program: those that run go on without us. */
void job_release_all(struct app *app);

#endif
