/* tui/prompt.c: what was typed, on its way. */
#include "tui/prompt.h"

#include <stdarg.h>
#include <stdlib.h>

#include "vmm/base/fs.h"

#define PATIENCE_MS 1000
#define WHY_ROWS 3

struct prompt_run {
    struct prompt_run *next;
    struct app *app;
    struct prompt *prompt; /* NULL: it was closed */
    struct job *job;
    bool lifted;   /* the prompt is out of sight */
    uint64_t from; /* the screen that it is above */
    struct loop_timer patience;
    job_done_fn *done;
    void *arg;
};

static struct prompt_run *running;

void *prompt_close(struct prompt *p)
{
    /* Its memory lasts until this pass of the loop is over. */
    app_pop(p->screen.app);
    return take_ptr(&p->arg);
}

void prompt_refuse(struct prompt *p, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(p->why, sizeof(p->why), fmt, args);
    va_end(args);
    app_refit(&p->screen);
}

/* ---- a command ---- */

static void prompt_on_patience_over(void *arg)
{
    struct prompt_run *run = arg;
    struct app *app = run->app;

    if (app->top != &run->prompt->screen)
        return;
    app_lift(app);
    run->lifted = true;
    app_message(app, ROLE_TEXT, "%s: runs; L shows it, and x there ends it", job_what(run->job));
}

/* The prompt's end, or its next try. */
static void settle(struct prompt_run *run, const struct job_end *end)
{
    struct prompt *p = run->prompt;
    struct app *app = run->app;
    bool again = !end->ok && !end->cancelled && (!run->lifted || app_may_open(app, run->from));

    p->run = NULL;
    if (run->lifted)
        app_drop(app, &p->screen, again);
    if (again) {
        const char *hint = pyro_error_hint(&end->error);
        prompt_refuse(p, "%s%s%s", end->error.message, *hint ? " — " : "", hint);
    } else if (!run->lifted && end->ok) {
        p->screen.over = true;
        app_check_top(app);
    }
}

static void prompt_on_ended(void *arg, const struct job_end *end)
{
    struct prompt_run *run = arg;

    loop_timer_cancel(run->app->loop, &run->patience);
    if (run->prompt)
        settle(run, end);
    if (run->done)
        run->done(run->arg, end);
    list_remove(&running, run);
    free(run);
}

void prompt_start(struct prompt *p, const char *what, const char *const *argv, job_done_fn *done,
                  void *arg)
{
    struct prompt_run *run = calloc(1, sizeof(*run));
    struct app *app = p->screen.app;
    struct job *job;

    BUG_ON(!run);
    *run = (struct prompt_run){ .next = running,
                                .app = app,
                                .prompt = p,
                                .from = p->screen.below->serial,
                                .done = done,
                                .arg = arg };
    p->run = running = run;
    p->why[0] = '\0';
    job = job_start(app, what, argv, false, prompt_on_ended, run);
    if (!job) /* it is over already */
        return;
    run->job = job;
    loop_timer_set(app->loop, &run->patience, PATIENCE_MS, prompt_on_patience_over, run);
    app_refit(&p->screen);
}

bool prompt_can_send(struct prompt *p)
{
    if (p->run)
        app_message(p->screen.app, ROLE_TEXT, "it is on its way; Esc lets it go on by itself");
    return !p->run;
}

/* ---- the screen's part ---- */

void prompt_changed(struct prompt *p)
{
    if (!*p->why)
        return;
    p->why[0] = '\0';
    app_refit(&p->screen);
}

int prompt_rows(const struct prompt *p, int cols)
{
    if (p->run)
        return 1;
    return *p->why ? draw_wrapped(NULL, (struct area){ 0, 0, WHY_ROWS, cols },
                                  theme_style(ROLE_DIALOG), p->why)
                   : 0;
}

void prompt_draw(const struct prompt *p, WINDOW *win, struct area a)
{
    struct style dialog = theme_style(ROLE_DIALOG);
    scoped_free char *text = p->run ? str_printf("… %s", job_progress(p->run->job)) : NULL;

    if (text)
        draw_text(win, a.top, a.left, a.cols, style_on(theme_style(ROLE_WARN), dialog), text);
    else if (*p->why)
        draw_wrapped(win, a, style_on(theme_style(ROLE_BAD), dialog), p->why);
}

void prompt_release(struct prompt *p)
{
    if (p->run) {
        loop_timer_cancel(p->screen.app->loop, &p->run->patience);
        p->run->prompt = NULL;
    }
    if (p->arg && p->free_arg)
        p->free_arg(p->arg);
}
