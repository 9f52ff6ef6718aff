/* tui/service_actions.c: stop. */
#include "tui/service_actions.h"

#include "tui/confirm.h"
#include "tui/job.h"
#include "tui/model.h"
#include "tui/service_row.h"
#include "vmm/base/fs.h"

void service_ask_stop(struct app *app, const json_t *service)
{
    const char *name = service_row_name(service), *id = service_row_workspace(service);
    const struct watched_workspace *w = model_find(app->model, id);
    scoped_free char *text = str_printf(
        "Stop %s of %s?\n\nIt is asked to end, and killed ten seconds later. Its log stays.", name,
        w ? model_name(w) : id);
    scoped_free char *what = str_printf("stop service %s", name);
    const char *const argv[] = { "workspace", "service", "stop", id, name, NULL };
    struct confirm_spec spec = { .title = "stop service",
                                 .about = id,
                                 .text = text,
                                 .yes = job_request_start,
                                 .arg = job_request_new(app, what, argv, false, NULL),
                                 .free_arg = job_request_free };

    confirm_ask(app, &spec);
}
