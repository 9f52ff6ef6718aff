/* tui/services.c: the services of all workspaces, by workspace and name. */
#include "tui/services.h"

#include <stdlib.h>
#include <string.h>

#include "engine/service/service_watch.h"
#include "tui/columns.h"
#include "tui/form.h"
#include "tui/format.h"
#include "tui/job.h"
#include "tui/list.h"
#include "tui/model.h"
#include "tui/service_actions.h"
#include "tui/service_log.h"
#include "tui/service_row.h"
#include "tui/workspace_actions.h"
#include "vmm/base/fs.h"

#define HEAD_ROWS 2

struct services {
    struct screen screen;
    struct model_listener listener;
    struct file_watch *watch;
    struct service_log *log;
    json_t *all;   /* service objects, as `workspace service list` has them */
    json_t *shown; /* those that pass the filter */
    struct list_find find;
    struct list list;
    char at[WORKSPACE_ID_LENGTH + 1]; /* where new ones are started */
};

static const json_t *services_selected(const struct services *v)
{
    return json_array_get(v->shown, (size_t)v->list.selected);
}

static struct watched_workspace *place(const struct services *v)
{
    return model_find(v->screen.app->model, v->at);
}

/* ---- reading ---- */

static int services_by_name(const void *a, const void *b)
{
    const struct watched_workspace *x = *(struct watched_workspace *const *)a,
                                   *y = *(struct watched_workspace *const *)b;

    return strcasecmp(model_name(x), model_name(y));
}

static void keep_place(struct services *v)
{
    if (services_selected(v))
        snprintf(v->at, sizeof(v->at), "%s", service_row_workspace(services_selected(v)));
    snprintf(v->screen.app->at_workspace, sizeof(v->screen.app->at_workspace), "%s", v->at);
}

/* The cursor stays with its service, or else goes to one of that workspace. */
static void find_selected(struct services *v, const char *name)
{
    size_t found = SIZE_MAX;

    for (size_t i = json_array_size(v->shown); i-- > 0;) {
        const json_t *service = json_array_get(v->shown, i);
        if (strcmp(service_row_workspace(service), v->at) != 0)
            continue;
        found = i;
        if (!strcmp(service_row_name(service), name))
            break;
    }
    v->list.count = (int)json_array_size(v->shown);
    if (found != SIZE_MAX)
        v->list.selected = (int)found;
}

static void choose_shown(struct services *v);

static void services_read_all(void *arg)
{
    struct services *v = arg;
    struct model *m = v->screen.app->model;
    size_t count = model_count(m);
    scoped_free struct watched_workspace **order = calloc(count + 1, sizeof(*order));
    scoped_free char *name = str_printf("%s", service_row_name(services_selected(v)));

    BUG_ON(!order);
    for (size_t i = 0; i < count; i++)
        order[i] = model_at(m, i);
    qsort(order, count, sizeof(*order), services_by_name);
    json_decref(v->all);
    v->all = json_array();
    for (size_t i = 0; i < count; i++) {
        struct pyro_error err = { 0 };
        if (v->watch)
            service_watch_add(v->watch, order[i]->path);
        if (!service_row_read(order[i], v->all, &err))
            app_error(v->screen.app, &err);
    }
    choose_shown(v);
    find_selected(v, name);
    if (app_shows(&v->screen))
        app_damage_soon(v->screen.app);
    app_tick_check(v->screen.app);
}

static void services_changed(void *arg, struct watched_workspace *w, unsigned change,
                             bool going UNUSED)
{
    (void)w;
    if (!change || (change & WATCH_RECORD))
        services_read_all(arg);
}

/* ---- drawing ---- */

/* Of sh, the line that it is given says more than its name. */
static void put_command(const json_t *service, char *ret, size_t size)
{
    const json_t *words = json_object_get(service, "command");
    bool line = json_array_size(words) == 3 &&
                !strcmp(json_string_value(json_array_get(words, 0)), "sh") &&
                !strcmp(json_string_value(json_array_get(words, 1)), "-c");
    size_t used = 0, first = line ? 2 : 0;

    for (size_t i = first; i < json_array_size(words) && used < size; i++)
        used += (size_t)snprintf(ret + used, size - used, "%s%s", i > first ? " " : "",
                                 json_string_value(json_array_get(words, i)));
}

static void services_workspace(const struct columns *t, void *row, struct cell *ret)
{
    const char *id = service_row_workspace(row);

    snprintf(ret->text, sizeof(ret->text), "%s", model_name_of(t->owner, id));
    ret->role = ROLE_DIM;
}

static void services_name(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    snprintf(ret->text, sizeof(ret->text), "%s", service_row_name(row));
    ret->role = ROLE_ACCENT;
}

static void services_state(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    ret->role = service_row_state(row, ret->text, sizeof(ret->text));
}

static void services_ready(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    const json_t *readiness = json_object_get(row, "readiness");

    snprintf(ret->text, sizeof(ret->text), "%s",
             json_string_or(readiness, "type", service_row_is_live(row) ? "at once" : ""));
    ret->role = ROLE_DIM;
}

static void services_ports(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    service_row_ports(row, ret->text, sizeof(ret->text));
}

static bool services_has_ports(const void *row)
{
    return json_array_size(json_object_get(row, "published_ports")) > 0;
}

/* How long it has run, or how long ago it ended. */
static void services_since(const struct columns *t, void *row, struct cell *ret)
{
    const char *since = service_row_is_live(row) ? "started_at" : "ended_at";
    struct short_text space;

    snprintf(ret->text, sizeof(ret->text), "%s",
             format_age(&space, json_number_or(row, since, 0), t->now));
    ret->role = ROLE_DIM;
}

static void services_command(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    put_command(row, ret->text, sizeof(ret->text));
}

static const struct column columns[] = {
    { "WORKSPACE", 12, .part = 10, .grow = 4, .shrinks = true, .cell = services_workspace,
      .search = true },
    { "SERVICE", 12, .part = 10, .grow = 4, .shrinks = true, .cell = services_name,
      .search = true },
    { "STATE", 11, .cell = services_state },
    { "READY", 7, .rank = 4, .cell = services_ready },
    { "PORTS", 12, .rank = 2, .part = 10, .grow = 4, .cell = services_ports,
      .has = services_has_ports },
    { "FOR", 4, .right = true, .rank = 1, .cell = services_since },
    { "COMMAND", 9, .rank = 3, .part = 1, .grow = 10000, .cell = services_command, .search = true },
    { 0 },
};

static void choose_shown(struct services *v)
{
    struct columns table = { .all = columns, .owner = v->screen.app->model, .now = clock_wall() };

    json_decref(v->shown);
    v->shown = list_find_rows(&v->find, &table, v->all);
}

static void describe_readiness(const json_t *service, char *ret, size_t n)
{
    static const struct {
        const char *key, *what, *done, *awaited;
    } probes[] = { { "path", "the file", "is there", "is there" },
                   { "address", "port", "answered", "answers" },
                   { "url", "URL", "answered", "answers" },
                   { "command", "command", "succeeded", "succeeds" } };
    const json_t *readiness = json_object_get(service, "readiness");
    bool ready = json_number_or(service, "ready_at", 0) > 0;

    snprintf(ret, n, "ready at once");
    for (size_t i = 0; i < ARRAY_SIZE(probes); i++) {
        const char *value = json_string_or(readiness, probes[i].key, NULL);

        if (value)
            snprintf(ret, n, "%s %s %s %s", ready ? "ready:" : "not ready yet: waits until",
                     probes[i].what, value, ready ? probes[i].done : probes[i].awaited);
    }
}

/* Why the selected one no longer runs, or what it is probed by. */
static void draw_more(const struct services *v, WINDOW *win, int row)
{
    const json_t *service = services_selected(v);
    const char *why = json_string_or(service, "stop_reason", NULL);
    char text[512];

    draw_rule(win, row, 0, v->screen.cols, theme_style(ROLE_BORDER));
    if (why) {
        draw_wrapped(win, (struct area){ row + 1, 1, 2, v->screen.cols - 2 },
                     theme_style(service_row_state(service, text, sizeof(text))), why);
        return;
    }
    describe_readiness(service, text, sizeof(text));
    draw_text(win, row + 1, 1, v->screen.cols - 2, theme_style(ROLE_DIM), text);
}

static void services_draw(struct screen *s, WINDOW *win)
{
    struct services *v = (struct services *)s;
    struct columns table = {
        .all = columns, .owner = s->app->model, .sorted = -1, .now = clock_wall()
    };
    int rows = s->rows - HEAD_ROWS - 3, live = 0, at;
    struct watched_workspace *w = place(v);
    char text[128];

    choose_shown(v);
    rows -= list_find_is_shown(&v->find);
    list_fit(&v->list, (int)json_array_size(v->shown), rows);
    keep_place(v);
    for (size_t i = 0; i < json_array_size(v->all); i++)
        live += service_row_is_live(json_array_get(v->all, i));
    draw_clear(win, theme_style(ROLE_TEXT));
    draw_fill(win, 0, 0, s->cols, theme_style(ROLE_BAR));
    at = 1 + draw_text(win, 0, 1, 16, theme_style(ROLE_TITLE), "pyro  services") + 2;
    snprintf(text, sizeof(text), "%d running of %zu", live, json_array_size(v->all));
    draw_text(win, 0, at, s->cols - at, theme_style(ROLE_BAR), text);
    if (list_find_is_shown(&v->find))
        list_find_draw(&v->find, win, HEAD_ROWS + rows, s->cols);
    if (!json_array_size(v->all)) {
        draw_text(win, 3, 4, s->cols - 8, theme_style(ROLE_ACCENT), "No service yet.");
        snprintf(text, sizeof(text), "A service is a command that stays. c starts one%s%s.",
                 w ? " in " : "", w ? model_name(w) : "");
        draw_text(win, 5, 4, s->cols - 8, theme_style(ROLE_TEXT), text);
        return;
    }
    columns_draw_json(&table, win, &(struct area){ HEAD_ROWS, 0, v->list.rows, s->cols }, &v->list,
                      v->shown);
    columns_draw_head(&table, win, 1);
    draw_more(v, win, s->rows - 3);
}

/* ---- what is done ---- */

/* The form's words, for this workspace, and its command line given to sh. */
static void services_start_it(struct prompt *p, void *arg, const char *const *words)
{
    const char *argv[32] = { "workspace", "service", "start", arg, words[3] };
    scoped_free char *what = str_printf("start service %s", words[3]);
    const char *command = NULL;
    size_t n = 5;

    for (size_t i = 4; words[i] && words[i + 1] && n < ARRAY_SIZE(argv) - 8; i += 2)
        if (!strcmp(words[i], "--command"))
            command = words[i + 1];
        else
            argv[n++] = words[i], argv[n++] = words[i + 1];
    if (command) {
        argv[n++] = "--", argv[n++] = "sh", argv[n++] = "-c";
        argv[n++] = command;
    }
    argv[n] = NULL;
    prompt_start(p, what, argv, NULL, NULL);
}

static void services_start(struct screen *s, int arg UNUSED)
{
    struct services *v = (struct services *)s;
    static const struct form_row rows[] = {
        { "service_name", "name", "needed" },
        { "command", "command", "needed" },
        { "cwd", "directory", NULL },
        { "ready_tcp", "ready: TCP port", NULL },
        { "ready_http", "ready: URL", NULL },
        { "ready_file", "ready: file", NULL },
        { "ready_command", "ready: command", NULL },
        { "ready_timeout_seconds", "ready within, s", NULL },
        { 0 },
    };
    scoped_free char *title = str_printf("new service in %s", model_name(place(v)));
    struct form_spec form = { .title = title,
                              .about = v->at,
                              .note = "The command is run by sh.",
                              .cmd = cmd_find("workspace service start"),
                              .rows = rows,
                              .send = services_start_it,
                              .arg = str_printf("%s", v->at),
                              .free_arg = free };

    form_ask(v->screen.app, &form);
}

static void open_log(struct services *v)
{
    const json_t *service = services_selected(v);
    const struct watched_workspace *w =
        model_find(v->screen.app->model, service_row_workspace(service));

    if (w)
        service_log_open(v->log, w->record.id, w->path, service_row_name(service));
}

static bool services_has_one(struct screen *s, int arg UNUSED)
{
    return services_selected((struct services *)s) != NULL;
}

static bool services_has_any(struct screen *s, int arg UNUSED)
{
    return json_array_size(((struct services *)s)->all) > 0;
}

static void services_open_log(struct screen *s, int arg UNUSED)
{
    open_log((struct services *)s);
}

static bool services_has_machine(struct screen *s, int arg UNUSED)
{
    const struct watched_workspace *w = place((struct services *)s);

    return w && w->record.state == WORKSPACE_STARTED;
}

static bool services_can_stop(struct screen *s, int arg UNUSED)
{
    const json_t *service = services_selected((struct services *)s);

    return service && service_row_is_live(service);
}

static void services_stop(struct screen *s, int arg UNUSED)
{
    service_ask_stop(s->app, services_selected((struct services *)s));
}

static void services_open_shell(struct screen *s, int arg UNUSED)
{
    workspace_new_shell(s->app, place((struct services *)s));
}

static void services_move(struct screen *s, int step)
{
    struct services *v = (struct services *)s;

    list_step(&v->list, step);
    keep_place(v);
}

static const struct key_binding keys[] = {
    { "log", "Enter", "log", "all that it has printed, to scroll, search and copy",
      .act = services_open_log, .can = services_has_one, .needs = "a service", .group = KEYS_VIEW },
    { "start", "c t", "start one", "start a service in the workspace of this one",
      .act = services_start, .can = services_has_machine, .needs = "a running workspace" },
    { "stop", "x d Delete", "stop", "stop it: TERM, and KILL ten seconds later",
      .act = services_stop, .can = services_can_stop, .needs = "a running service" },
    { "shell", "o", "shell", "open a shell beside it", .act = services_open_shell,
      .can = services_has_machine, .needs = "a running workspace" },
    LIST_FIND_KEYS(.can = services_has_any),
    { "close", "Esc q S", "back", "back", .act = screen_close, .group = KEYS_NAVIGATE },
    LIST_KEYS(services_move),
    { 0 },
};

static bool services_event(struct screen *s, const struct key_event *e)
{
    struct services *v = (struct services *)s;

    if (list_mouse(&v->list, e, HEAD_ROWS) == LIST_OPENED)
        open_log(v);
    return e->kind == EVENT_MOUSE;
}

static bool services_tick_wanted(struct screen *s)
{
    const struct services *v = (struct services *)s;

    for (size_t i = 0; i < json_array_size(v->all); i++)
        if (service_row_is_live(json_array_get(v->all, i)))
            return true;
    return false;
}

static void services_enter(struct screen *s)
{
    model_show_figures(s->app->model, NULL, 0);
}

static void services_free(struct screen *s)
{
    struct services *v = (struct services *)s;

    model_unlisten(s->app->model, &v->listener);
    file_watch_free(v->watch);
    service_log_free(v->log);
    json_decref(v->shown);
    json_decref(v->all);
    list_find_release(&v->find);
    free(v);
}

const struct screen_ops services_ops = {
    .name = "services",
    .title = "Services",
    .keys = keys,
    .enter = services_enter,
    .event = services_event,
    .draw = services_draw,
    .tick_wanted = services_tick_wanted,
    .free = services_free,
};

void services_open(struct app *app, const char *workspace_id)
{
    struct services *v = screen_new(app, &services_ops, sizeof(*v));
    struct pyro_error err = { 0 };

    snprintf(v->at, sizeof(v->at), "%s", workspace_id ? workspace_id : "");
    v->listener = (struct model_listener){ .changed = services_changed, .arg = v };
    v->screen.find = &v->find;
    v->log = service_log_new(app);
    v->watch = file_watch_new(app->loop, services_read_all, v, &err);
    app_push(app, &v->screen);
    model_listen(app->model, &v->listener);
    if (!v->watch)
        app_error(app, &err);
    services_read_all(v);
}
