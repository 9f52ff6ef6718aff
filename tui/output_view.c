/* tui/output_view.c: a command's output, printed by a job into a file and shown by the pager. */
#include "tui/output_view.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/inotify.h>

#include "engine/state/file_watch.h"
#include "tui/job.h"
#include "tui/pager.h"
#include "tui/text_file.h"
#include "vmm/base/fs.h"

struct output {
    struct app *app;
    char *title, *views_workspace, *views;
    char **argv;
    bool timed;
    int dir_fd, text_fd;
    /* Of one that may grow: */
    struct file_watch *watch;
    struct pager *pager;
    struct job *job; /* which reads it; NULL: none */
    bool grown;      /* since it was read */
};

static void output_release(struct output *o)
{
    cleanup_close(&o->text_fd);
    cleanup_close(&o->dir_fd);
    file_watch_free(o->watch);
    for (char **arg = o->argv; *arg; arg++)
        free(*arg);
    free((void *)o->argv);
    free(o->title);
    free(o->views_workspace);
    free(o->views);
    free(o);
}

static struct pager *open_pager(struct output *o, const struct pager_spec *spec)
{
    struct pager *pager = pager_open(o->app, spec);

    if (o->views)
        screen_views(o->app->top, o->views_workspace, o->views);
    return pager;
}

/* ---- once ---- */

static struct output *under_way; /* NULL: none */

static void show(struct output *o)
{
    struct pager_spec spec = {
        .title = o->title, .mapped = true, .colored = true, .timed = o->timed
    };
    struct pyro_error err = { 0 };

    if (!text_file_map(o->text_fd, &spec.text, &spec.len, &err))
        app_error(o->app, &err);
    else if (!spec.len)
        app_message(o->app, ROLE_TEXT, "%s: there is nothing", o->title);
    else
        open_pager(o, &spec);
}

static void output_view_show(void *arg, const struct job_end *end)
{
    struct output *o = arg;

    under_way = NULL;
    if (end->ok && app_may_open(end->app, end->from))
        show(o);
    output_release(o);
}

static void read_once(struct output *o)
{
    under_way = o;
    o->text_fd = text_file_open(o->dir_fd);
    job_start_into(o->app, o->title, (const char *const *)o->argv, o->text_fd, output_view_show, o);
}

/* ---- again and again ---- */

static void output_view_on_grown(void *arg)
{
    struct output *o = arg;

    o->grown = true;
    app_damage_soon(o->app);
}

static bool output_view_news(void *arg)
{
    return ((const struct output *)arg)->grown;
}

static void output_view_closed(void *arg)
{
    struct output *o = arg;

    if (o->job)
        job_forget(o->job);
    output_release(o);
}

static void output_view_fill(void *arg, const struct job_end *end)
{
    struct output *o = arg;
    struct pyro_error err = { 0 };
    char *text = NULL;
    size_t len = 0;
    bool ok;

    o->job = NULL;
    ok = end->ok && text_file_map(o->text_fd, &text, &len, &err);
    if (end->ok && !ok)
        app_error(o->app, &err);
    pager_fill(o->pager, ok, text, len, NULL);
}

static void output_view_again(void *arg)
{
    struct output *o = arg;

    if (o->job)
        return;
    o->grown = false;
    cleanup_close(&o->text_fd);
    o->text_fd = text_file_open(o->dir_fd);
    o->job = job_start_into(o->app, o->title, (const char *const *)o->argv, o->text_fd,
                            output_view_fill, o);
}

static void follow(struct output *o, const struct output_spec *spec)
{
    struct pyro_error err = { 0 };

    o->watch = file_watch_new(o->app->loop, output_view_on_grown, o, &err);
    if (o->watch) {
        file_watch_add(o->watch, spec->grows, IN_MODIFY);
        file_watch_add(o->watch, spec->renames, IN_MOVED_TO | IN_ONLYDIR);
    } else {
        app_error(o->app, &err);
    }
    o->pager = open_pager(o, &(struct pager_spec){ .title = o->title,
                                                   .mapped = true,
                                                   .colored = true,
                                                   .timed = o->timed,
                                                   .at_end = true,
                                                   .news = output_view_news,
                                                   .again = output_view_again,
                                                   .closed = output_view_closed,
                                                   .arg = o });
    output_view_again(o);
}

static char **copy_of(const char *const *argv)
{
    size_t n = 0;
    char **copy;

    while (argv[n])
        n++;
    copy = (char **)calloc(n + 1, sizeof(*copy));
    BUG_ON(!copy);
    for (size_t i = 0; i < n; i++)
        copy[i] = str_printf("%s", argv[i]);
    return copy;
}

void output_view_open(struct app *app, const struct output_spec *spec)
{
    struct output *o;

    if (under_way)
        return;
    o = calloc(1, sizeof(*o));
    BUG_ON(!o);
    *o = (struct output){
        .app = app,
        .title = str_printf("%s", spec->title),
        .views_workspace = str_printf("%s", spec->views ? spec->views_workspace : ""),
        .views = spec->views ? str_printf("%s", spec->views) : NULL,
        .argv = copy_of(spec->argv),
        .timed = spec->timed,
        .dir_fd = fcntl(spec->dir_fd, F_DUPFD_CLOEXEC, 0),
        .text_fd = -1,
    };
    if (spec->grows)
        follow(o, spec);
    else
        read_once(o);
}
