/* tui/workspace_actions.c: create, start, stop, delete, and a new shell. */
#include "tui/workspace_actions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/ask.h"
#include "tui/batch.h"
#include "tui/choice.h"
#include "tui/confirm.h"
#include "tui/doing.h"
#include "tui/form.h"
#include "tui/format.h"
#include "tui/job.h"
#include "tui/shell_view.h"
#include "vmm/base/fs.h"

#define FIRST_ENVIRONMENT "debian:12"
#define DOING_COLS 18
#define COMMAND_COLS 40 /* bytes of a command in a question */
#define NAMES_MAX 6000  /* bytes; more than a dialog shows */

/* ---- start, stop and delete ---- */

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

enum ending { ENDING_COMMANDS, ENDING_SHELLS, ENDING_SERVICES, ENDINGS };

static void count_endings(const struct watched_workspace *w, int64_t ret[ENDINGS])
{
    const struct workspace_record *r = &w->record;

    if (r->state != WORKSPACE_STARTED && r->state != WORKSPACE_SUSPENDED)
        return;
    ret[ENDING_COMMANDS] += r->running_command_count;
    ret[ENDING_SHELLS] += (int64_t)model_running_shells(w);
    ret[ENDING_SERVICES] += r->running_service_count;
}

/* " (make check)" of the only one. */
static void put_command(struct watched_workspace *w, char *ret, size_t size)
{
    char command[COMMAND_COLS];
    double since;

    if (doing_command(w, command, sizeof(command), &since))
        snprintf(ret, size, " (%s)", command);
}

char *workspace_what_ends(struct watched_workspace *const *list, size_t count)
{
    static const char *const names[ENDINGS] = { "command", "shell", "service" };
    scoped_buf text = BUF_INIT(NAMES_MAX);
    char command[COMMAND_COLS + 4] = "";
    int64_t counts[ENDINGS] = { 0 };
    size_t kinds = 0, left;

    for (size_t i = 0; i < count; i++)
        count_endings(list[i], counts);
    for (size_t i = 0; i < ENDINGS; i++)
        kinds += counts[i] > 0;
    if (count == 1 && counts[ENDING_COMMANDS] == 1)
        put_command(list[0], command, sizeof(command));
    left = kinds;
    for (size_t i = 0; i < ENDINGS; i++) {
        if (!counts[i])
            continue;
        BUG_ON(!buf_printf(&text, "%s%lld%s %s%s%s",
                           left == kinds ? ""
                           : left > 1    ? ", "
                                         : " and ",
                           (long long)counts[i], left == kinds ? " running" : "", names[i],
                           plural(counts[i]), i == ENDING_COMMANDS ? command : ""));
        left--;
    }
    return str_printf("%s%s", kinds ? text.data : "", kinds ? " will end.\n" : "");
}

static void workspace_actions_run_batch(void *arg)
{
    batch_start(arg);
}

static void workspace_actions_drop_batch(void *arg)
{
    batch_free(arg);
}

/* "one", or "one, two, three". New. */
static char *names_of(struct watched_workspace *const *list, size_t count)
{
    scoped_buf names = BUF_INIT(NAMES_MAX);

    for (size_t i = 0; i < count; i++)
        if (!buf_printf(&names, "%s%s", i ? ", " : "", model_name(list[i])))
            break;
    return str_printf("%s", names.len ? names.data : "");
}

/* Their ids, separated by blanks. New. */
static char *ids_of(struct watched_workspace *const *list, size_t count)
{
    scoped_buf ids = BUF_INIT(count * (WORKSPACE_ID_LENGTH + 1) + 1);

    for (size_t i = 0; i < count; i++)
        BUG_ON(!buf_printf(&ids, "%s%s", i ? " " : "", list[i]->record.id));
    return str_printf("%s", ids.len ? ids.data : "");
}

/* Asks whether `word` ("stop") is to be done to all of them; `lost` ends the question. */
static void ask_about(struct app *app, const char *word, struct watched_workspace *const *list,
                      size_t count, const char *lost, bool danger)
{
    scoped_free char *names = names_of(list, count), *ends = workspace_what_ends(list, count),
                     *ids = ids_of(list, count);
    scoped_free char *title = count == 1 ? str_printf("%s %s", word, names)
                                         : str_printf("%s %zu workspaces", word, count);
    scoped_free char *text =
        count == 1
            ? str_printf("%c%s %s?\n\n%s%s", word[0] - 'a' + 'A', word + 1, names, ends, lost)
            : str_printf("%c%s these %zu: %s?\n\n%s%s", word[0] - 'a' + 'A', word + 1, count, names,
                         ends, lost);
    struct confirm_spec spec = { .title = title,
                                 .text = text,
                                 .about = ids,
                                 .danger = danger,
                                 .yes = workspace_actions_run_batch,
                                 .arg = batch_new(app, word, list, count),
                                 .free_arg = workspace_actions_drop_batch };

    confirm_ask(app, &spec);
}

void workspace_start_them(struct app *app, struct watched_workspace *const *list, size_t count)
{
    batch_start(batch_new(app, "start", list, count));
}

void workspace_suspend_them(struct app *app, struct watched_workspace *const *list, size_t count)
{
    batch_start(batch_new(app, "suspend", list, count));
}

/* What runs in it goes on, so nothing ends. */
static void ask_to_resume(struct app *app, struct watched_workspace *w)
{
    scoped_free char *title = str_printf("resume %s", model_name(w));
    scoped_free char *text =
        str_printf("Resume %s?\n\nIt is suspended, and goes on where it was.", model_name(w));
    struct confirm_spec spec = { .title = title,
                                 .text = text,
                                 .about = w->record.id,
                                 .yes = workspace_actions_run_batch,
                                 .arg = batch_new(app, "start", &w, 1),
                                 .free_arg = workspace_actions_drop_batch };

    confirm_ask(app, &spec);
}

void workspace_ask_start(struct app *app, struct watched_workspace *w)
{
    bool suspended = w->record.state == WORKSPACE_SUSPENDED;

    if (suspended)
        ask_to_resume(app, w);
    else
        ask_about(app, "start", &w, 1, "It is stopped: nothing of it runs.", false);
}

void workspace_ask_stop(struct app *app, struct watched_workspace *const *list, size_t count)
{
    ask_about(app, "stop", list, count,
              count == 1 ? "Its disk and history stay." : "Their disks and history stay.", false);
}

void workspace_ask_delete(struct app *app, struct watched_workspace *const *list, size_t count)
{
    const char *whose = count == 1 ? "its" : "their";
    int64_t commands = 0, shells = 0;
    uint64_t bytes = 0;
    scoped_free char *lost = NULL;
    struct short_text size;

    for (size_t i = 0; i < count; i++) {
        const struct figures *f = model_figures(app->model, list[i]);
        bytes += f ? f->disk_bytes : 0;
        commands += list[i]->record.command_count;
        shells += (int64_t)list[i]->shell_count;
    }
    lost = str_printf("%s disk%s%s%s%s, %s files and snapshots, and the records of %s %lld "
                      "command%s and %lld shell%s are lost for good.",
                      count == 1 ? "Its" : "Their", count == 1 ? "" : "s", bytes ? " (" : "",
                      bytes ? format_size(&size, bytes) : "", bytes ? ")" : "", whose, whose,
                      (long long)commands, plural(commands), (long long)shells, plural(shells));
    ask_about(app, "delete", list, count, lost, true);
}

/* ---- create ---- */

static void workspace_actions_create_ended(void *arg UNUSED, const struct job_end *end)
{
    const char *id = json_string_or(end->result, "workspace_id", "");

    if (!end->ok)
        return;
    app_message(end->app, ROLE_GOOD, "%s is ready: o opens a shell in it",
                json_string_or(end->result, "name", id));
    snprintf(end->app->wanted_workspace, sizeof(end->app->wanted_workspace), "%s", id);
}

static void workspace_actions_create_it(struct prompt *p, void *arg UNUSED, const char *const *argv)
{
    scoped_free char *what = NULL;

    for (size_t i = 0; argv[i]; i++)
        if (!strcmp(argv[i], "--name"))
            what = str_printf("create %s", argv[i + 1]);
    if (!what)
        what = str_printf("create a workspace of %s", argv[2]);
    prompt_start(p, what, argv, workspace_actions_create_ended, NULL);
}

void workspace_ask_create(struct app *app)
{
    static const struct form_row rows[] = {
        { "environment", "environment", NULL },
        { "name", "name", "its id" },
        { "label", "label", "none; KEY=VALUE" },
        { "vcpu_count", "CPUs", NULL },
        { "mem_mib", "memory, MiB", NULL },
        { "ttl_seconds", "runs at most, s", NULL },
        { "suspend_after_idle", "idle at most, s", NULL },
        { "network_policy", "network", NULL },
        { "seed_path", "files from", NULL },
        { 0 },
    };
    struct form_spec form = { .title = "new workspace",
                              .note = "An environment that is not installed yet is pulled first, "
                                      "which takes some minutes.",
                              .cmd = cmd_find("workspace create"),
                              .rows = rows,
                              .send = workspace_actions_create_it };

    form_ask(app, &form);
}

/* ---- fork ---- */

struct fork_request {
    struct app *app;
    char id[WORKSPACE_ID_LENGTH + 1];
};

static void workspace_actions_fork_ended(void *arg UNUSED, const struct job_end *end)
{
    const json_t *fork = json_array_get(json_object_get(end->result, "workspaces"), 0);
    const char *id = json_string_or(fork, "workspace_id", "");

    if (!end->ok)
        return;
    app_message(end->app, ROLE_GOOD,
                strcmp(json_string_or(fork, "state", ""), "started") ? "%s is made: t starts it"
                                                                     : "%s is made, and goes on",
                json_string_or(fork, "name", id));
    snprintf(end->app->wanted_workspace, sizeof(end->app->wanted_workspace), "%s", id);
}

static void workspace_actions_fork_it(struct prompt *p, void *arg, const char *name)
{
    const struct fork_request *r = arg;
    scoped_free char *what = str_printf("fork %s", *name ? name : r->id);
    const char *const argv[] = { "workspace", "fork", r->id, *name ? "--name" : NULL, name, NULL };

    prompt_start(p, what, argv, workspace_actions_fork_ended, NULL);
}

void workspace_ask_fork(struct app *app, const struct watched_workspace *w)
{
    scoped_free char *title = str_printf("fork %s", model_name(w));
    struct fork_request *r = calloc(1, sizeof(*r));
    struct ask_spec spec = { .title = title,
                             .label = "A name for a workspace that goes on from where this one "
                                      "is.",
                             .hint = "its id",
                             .empty_too = true,
                             .about = w->record.id,
                             .answered = workspace_actions_fork_it,
                             .arg = r,
                             .free_arg = free };

    BUG_ON(!r);
    r->app = app;
    memcpy(r->id, w->record.id, sizeof(r->id));
    ask_line(app, &spec);
}

/* ---- shells ---- */

struct screen *workspace_watch_shell(struct app *app, const char *workspace_id,
                                     const char *shell_id)
{
    struct pyro_error err = { 0 };
    struct screen *view = shell_view_new(app, workspace_id, shell_id, &err);

    if (view)
        app_push(app, view);
    else
        app_error(app, &err);
    return view;
}

/* The shells of a workspace that can be chosen, in the order shown. */
struct offered {
    struct app *app;
    char id[WORKSPACE_ID_LENGTH + 1];
    char shells[][SHELL_ID_MAX + 1];
};

static void workspace_actions_shell_chosen(void *arg, size_t index)
{
    scoped_free struct offered *offered = arg;

    workspace_watch_shell(offered->app, offered->id, offered->shells[index]);
}

void workspace_watch_it(struct app *app, const struct watched_workspace *w)
{
    scoped_free char *title = str_printf("shells of %s", model_name(w));
    scoped_free struct offered *offered =
        calloc(1, sizeof(*offered) + w->shell_count * sizeof(*offered->shells));
    scoped_free char **words = calloc(w->shell_count + 1, sizeof(*words));
    size_t count = 0;

    BUG_ON(!offered || !words);
    offered->app = app;
    memcpy(offered->id, w->record.id, sizeof(offered->id));
    for (size_t i = w->shell_count; i-- > 0;) {
        const struct shell_record *r = &w->shells[i].record;
        char line[128], doing[160];
        if (!r->running)
            continue;
        doing_in_shell(r, doing, sizeof(doing));
        watched_shell_last_line(w, &w->shells[i], line, sizeof(line));
        memcpy(offered->shells[count], r->id, sizeof(offered->shells[count]));
        words[count++] = str_printf("%-5s %-*s %s", r->id, DOING_COLS, doing, line);
    }
    if (count == 1)
        workspace_watch_shell(app, w->record.id, offered->shells[0]);
    else if (count)
        choice_ask(app, &(struct choice_spec){ .title = title,
                                               .about = w->record.id,
                                               .words = words,
                                               .count = count,
                                               .chosen = workspace_actions_shell_chosen,
                                               .arg = take_ptr(&offered),
                                               .free_arg = free });
    for (size_t i = 0; i < count; i++)
        free(words[i]);
}

static void workspace_actions_shell_opened(void *arg UNUSED, const struct job_end *end)
{
    const char *id = json_string_or(end->result, "workspace_id", ""),
               *shell = json_string_or(end->result, "shell_id", "");

    if (end->ok && app_may_open(end->app, end->from))
        shell_view_take_control(workspace_watch_shell(end->app, id, shell));
    else if (end->ok)
        app_message(end->app, ROLE_GOOD, "%s is open: Enter in the list watches it", shell);
}

void workspace_open_shell(struct app *app, const char *id, const char *name, enum part part,
                          job_done_fn *done)
{
    struct area area = app_area(app, part);
    scoped_free char *what = str_printf("open a shell in %s", name);
    scoped_free char *rows_text = str_printf("%d", shell_view_rows(area.rows));
    scoped_free char *cols_text = str_printf("%d", area.cols);
    const char *argv[] = { "workspace", "shell",   "open",   id,        "--interactive",
                           "--rows",    rows_text, "--cols", cols_text, NULL };

    job_start(app, what, argv, false, done, NULL);
}

void workspace_new_shell(struct app *app, const struct watched_workspace *w)
{
    workspace_open_shell(app, w->record.id, model_name(w), PART_ALL,
                         workspace_actions_shell_opened);
}

/* ---- the first workspace ---- */

static bool first_is_made; /* no second one while the first is on its way */

static void workspace_actions_first_ended(void *arg UNUSED, const struct job_end *end)
{
    const char *id = json_string_or(end->result, "workspace_id", "");

    first_is_made = false;
    if (end->ok)
        workspace_open_shell(end->app, id, json_string_or(end->result, "name", id), PART_ALL,
                             workspace_actions_shell_opened);
}

void workspace_first_run(struct app *app)
{
    const char *argv[] = { "workspace", "create", FIRST_ENVIRONMENT, "--name", "first", NULL };

    if (first_is_made)
        return;
    first_is_made = true;
    job_start(app, "make the first workspace", argv, false, workspace_actions_first_ended, NULL);
}
