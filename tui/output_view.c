/* tui/output_view.c: a command's output, printed by a job into a file and shown by the pager. */
#include "tui/output_view.h"

#include <stdlib.h>

#include "tui/job.h"
#include "tui/pager.h"
#include "tui/text_file.h"
#include "vmm/base/fs.h"

struct output {
    char *title;
    bool timed;
    int text_fd;
};

static struct output *under_way; /* NULL: none */

static void output_view_show(void *arg, const struct job_end *end)
{
    scoped_free struct output *o = arg;
    scoped_free char *title = o->title;
    scoped_close int fd = o->text_fd;
    struct pager_spec spec = { .title = title, .mapped = true, .colored = true, .timed = o->timed };
    struct pyro_error err = { 0 };

    under_way = NULL;
    if (!end->ok || !app_may_open(end->app, end->from))
        return;
    if (!text_file_map(fd, &spec.text, &spec.len, &err))
        app_error(end->app, &err);
    else if (!spec.len)
        app_message(end->app, ROLE_TEXT, "%s: there is nothing", title);
    else
        pager_open(end->app, &spec);
}

void output_view_open(struct app *app, const struct output_spec *spec)
{
    struct output *o;

    if (under_way)
        return;
    o = calloc(1, sizeof(*o));
    BUG_ON(!o);
    *o = (struct output){ .title = str_printf("%s", spec->title),
                          .timed = spec->timed,
                          .text_fd = text_file_open(spec->dir_fd) };
    under_way = o;
    job_start_into(app, o->title, spec->argv, o->text_fd, output_view_show, o);
}
