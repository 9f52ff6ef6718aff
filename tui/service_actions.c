/* tui/service_actions.c: stop. */
#include "tui/service_actions.h"

#include <stdlib.h>

#include "tui/job.h"
#include "tui/model.h"
#include "tui/parts.h"
#include "tui/service_row.h"
#include "vmm/base/fs.h"

/* What is asked about: one question at a time. */
static struct {
    struct app *app;
    char *workspace_id, *service;
} asked;

static void stop_it(void *arg UNUSED)
{
    const char *const argv[] = { "workspace",        "service",     "stop",
                                 asked.workspace_id, asked.service, NULL };
    scoped_free char *what = str_printf("stop service %s", asked.service);

    job_start(asked.app, what, argv, false, NULL, NULL);
}

void service_ask_stop(struct app *app, const json_t *service)
{
    const char *name = service_row_name(service), *id = service_row_workspace(service);
    const struct watched_workspace *w = model_find(app->model, id);
    scoped_free char *text = str_printf(
        "Stop %s of %s?\n\nIt is asked to end, and killed ten seconds later. Its log stays.", name,
        w ? model_name(w) : id);

    free(asked.workspace_id);
    free(asked.service);
    asked.app = app;
    asked.workspace_id = str_printf("%s", id);
    asked.service = str_printf("%s", name);
    confirm_ask(app, "stop service", text, false, stop_it, NULL);
}
