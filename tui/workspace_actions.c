/* tui/workspace_actions.c: create, start, stop, delete, and a new shell. */
#include "tui/workspace_actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/form.h"
#include "tui/format.h"
#include "tui/job.h"
#include "tui/parts.h"
#include "tui/screens.h"
#include "vmm/base/fs.h"

#define FIRST_ENVIRONMENT "debian:12"

/* What is asked about: one question at a time. */
static struct {
    struct app *app;
    char id[WORKSPACE_ID_LENGTH + 1];
    char *name;
    workspace_made_fn *made;
    void *arg;
} asked;

static void ask_about(struct app *app, const struct watched_workspace *w)
{
    asked.app = app;
    snprintf(asked.id, sizeof(asked.id), "%s", w->record.id);
    free(asked.name);
    asked.name = str_printf("%s", model_name(w));
}

/* Runs `pyro workspace WORD ID`. */
static void run_on(struct app *app, const char *word, const char *id, const char *name)
{
    const char *argv[] = { "workspace", word, id, NULL };
    scoped_free char *what = str_printf("%s %s", word, name);

    job_start(app, what, argv, false, NULL, NULL);
}

void workspace_start_it(struct app *app, const struct watched_workspace *w)
{
    run_on(app, "start", w->record.id, model_name(w));
}

/* ---- stop and delete ---- */

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

char *workspace_what_ends(const struct watched_workspace *w)
{
    long long shells = (long long)model_running_shells(w),
              services = w->record.running_service_count;

    if (w->record.state != WORKSPACE_STARTED || (!shells && !services))
        return str_printf("%s", "");
    if (!services)
        return str_printf("%lld running shell%s will end.\n", shells, plural(shells));
    if (!shells)
        return str_printf("%lld running service%s will end.\n", services, plural(services));
    return str_printf("%lld running shell%s and %lld service%s will end.\n", shells, plural(shells),
                      services, plural(services));
}

static void stop_it(void *arg UNUSED)
{
    run_on(asked.app, "stop", asked.id, asked.name);
}

void workspace_ask_stop(struct app *app, const struct watched_workspace *w)
{
    scoped_free char *ends = workspace_what_ends(w), *title = str_printf("stop %s", model_name(w));
    scoped_free char *text =
        str_printf("Stop %s?\n\n%sIts disk and history stay.", model_name(w), ends);

    ask_about(app, w);
    confirm_ask(app, title, text, false, stop_it, NULL);
}

static void delete_it(void *arg UNUSED)
{
    run_on(asked.app, "delete", asked.id, asked.name);
}

void workspace_ask_delete(struct app *app, const struct watched_workspace *w)
{
    const struct figures *f = model_figures(app->model, w);
    scoped_free char *ends = workspace_what_ends(w),
                     *title = str_printf("delete %s", model_name(w));
    scoped_free char *text = NULL;
    struct short_text size;

    text = str_printf("Delete %s?\n\n%sIts disk%s%s%s, its files and snapshots, and the records of "
                      "its %lld command%s and %lld shell%s are lost for good.",
                      model_name(w), ends, f ? " (" : "",
                      f ? format_size(&size, f->disk_bytes) : "", f ? ")" : "",
                      (long long)w->record.command_count, plural(w->record.command_count),
                      (long long)w->shell_count, plural((int64_t)w->shell_count));
    ask_about(app, w);
    confirm_ask(app, title, text, true, delete_it, NULL);
}

/* ---- create ---- */

static void create_ended(void *arg, const struct job_end *end)
{
    struct app *app = arg;
    const char *id = json_string_or(end->result, "workspace_id", "");

    if (!end->ok)
        return;
    app_message(app, ROLE_GOOD, "%s is ready: o opens a shell in it",
                json_string_or(end->result, "name", id));
    asked.made(asked.arg, id);
}

static void create_it(void *arg, const char *const *argv)
{
    struct app *app = arg;
    scoped_free char *what = NULL;

    for (size_t i = 0; argv[i]; i++)
        if (!strcmp(argv[i], "--name"))
            what = str_printf("create %s", argv[i + 1]);
    if (!what)
        what = str_printf("create a workspace of %s", argv[2]);
    job_start(app, what, argv, false, create_ended, app);
}

void workspace_ask_create(struct app *app, workspace_made_fn *made, void *arg)
{
    static const char *const rows[] = { "environment", "name",           "vcpu_count", "mem_mib",
                                        "ttl_seconds", "network_policy", "seed_path",  NULL };
    struct form_spec form = { .title = "new workspace",
                              .note = "An environment that is not installed yet is pulled first, "
                                      "which takes some minutes.",
                              .cmd = cmd_find("workspace create"),
                              .rows = rows,
                              .send = create_it,
                              .arg = app };

    asked.made = made;
    asked.arg = arg;
    form_ask(app, &form);
}

/* ---- shells ---- */

static void watch_shell(struct app *app, const char *workspace_id, const char *shell_id)
{
    struct pyro_error err = { 0 };
    struct screen *view = shell_view_new(app, workspace_id, shell_id, &err);

    if (view)
        app_push(app, view);
    else
        app_error(app, &err);
}

/* The shells that can be chosen, in the order shown. */
static char offered[CHOICE_MAX][SHELL_ID_MAX + 1];

static void shell_chosen(void *arg, size_t index)
{
    watch_shell(arg, asked.id, offered[index]);
}

void workspace_watch_it(struct app *app, const struct watched_workspace *w)
{
    scoped_free char *title = str_printf("shells of %s", model_name(w));
    char *words[CHOICE_MAX];
    size_t count = 0;

    for (size_t i = w->shell_count; i-- > 0 && count < CHOICE_MAX;) {
        const struct shell_record *r = &w->shells[i].record;
        char line[128];
        if (!r->running)
            continue;
        watched_shell_last_line(w, &w->shells[i], line, sizeof(line));
        memcpy(offered[count], r->id, sizeof(offered[count]));
        words[count++] = str_printf("%-5s %s", r->id, line);
    }
    ask_about(app, w);
    if (count == 1)
        watch_shell(app, asked.id, offered[0]);
    else if (count)
        choice_ask(app, title, words, count, shell_chosen, app);
    for (size_t i = 0; i < count; i++)
        free(words[i]);
}

static void shell_opened(void *arg, const struct job_end *end)
{
    const char *id = json_string_or(end->result, "workspace_id", ""),
               *shell = json_string_or(end->result, "shell_id", "");

    if (end->ok)
        watch_shell(arg, id, shell);
}

static void open_shell(struct app *app, const char *id, const char *name)
{
    const char *argv[] = { "workspace", "shell", "open", id, NULL };
    scoped_free char *what = str_printf("open a shell in %s", name);

    job_start(app, what, argv, false, shell_opened, app);
}

void workspace_new_shell(struct app *app, const struct watched_workspace *w)
{
    open_shell(app, w->record.id, model_name(w));
}

/* ---- the first workspace ---- */

static bool first_is_made; /* no second one while the first is on its way */

static void first_ended(void *arg, const struct job_end *end)
{
    const char *id = json_string_or(end->result, "workspace_id", "");

    first_is_made = false;
    if (end->ok)
        open_shell(arg, id, json_string_or(end->result, "name", id));
}

void workspace_first_run(struct app *app)
{
    const char *argv[] = { "workspace", "create", FIRST_ENVIRONMENT, "--name", "first", NULL };

    if (first_is_made)
        return;
    first_is_made = true;
    job_start(app, "make the first workspace", argv, false, first_ended, app);
}
