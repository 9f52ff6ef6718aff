/* tui/output_view.c: a command's output, printed by a job into a file and shown by the pager. */
#include "tui/output_view.h"

#include <stdlib.h>

#include "tui/job.h"
#include "tui/pager.h"
#include "tui/text_file.h"
#include "vmm/base/fs.h"

struct output {
    char *title, *views_workspace, *views;
    bool timed;
    int text_fd;
};

static void output_release(struct output *o)
{
    cleanup_close(&o->text_fd);
    free(o->title);
    free(o->views_workspace);
    free(o->views);
    free(o);
}

static struct output *under_way; /* NULL: none */

static void show(struct output *o, struct app *app)
{
    struct pager_spec spec = {
        .title = o->title, .mapped = true, .colored = true, .timed = o->timed
    };
    struct pyro_error err = { 0 };

    if (!text_file_map(o->text_fd, &spec.text, &spec.len, &err)) {
        app_error(app, &err);
    } else if (!spec.len) {
        app_message(app, ROLE_TEXT, "%s: there is nothing", o->title);
    } else {
        pager_open(app, &spec);
        if (o->views)
            screen_views(app->top, o->views_workspace, o->views);
    }
}

static void output_view_show(void *arg, const struct job_end *end)
{
    struct output *o = arg;

    under_way = NULL;
    if (end->ok && app_may_open(end->app, end->from))
        show(o, end->app);
    output_release(o);
}

void output_view_open(struct app *app, const struct output_spec *spec)
{
    struct output *o;

    if (under_way)
        return;
    o = calloc(1, sizeof(*o));
    BUG_ON(!o);
    *o = (struct output){ .title = str_printf("%s", spec->title),
                          .views_workspace =
                              str_printf("%s", spec->views ? spec->views_workspace : ""),
                          .views = spec->views ? str_printf("%s", spec->views) : NULL,
                          .timed = spec->timed,
                          .text_fd = text_file_open(spec->dir_fd) };
    under_way = o;
    job_start_into(app, o->title, spec->argv, o->text_fd, output_view_show, o);
}
