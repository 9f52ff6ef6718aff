/* tui/snapshots.c: a workspace's snapshots: made, deleted, and gone back to. */
#include "tui/snapshots.h"

#include <stdlib.h>
#include <string.h>

#include "tui/ask.h"
#include "tui/columns.h"
#include "tui/confirm.h"
#include "tui/format.h"
#include "tui/job.h"
#include "tui/list.h"
#include "tui/workspace_actions.h"
#include "vmm/base/fs.h"

#define BASELINE "baseline"
#define HEAD_ROWS 2

struct snapshots {
    struct screen screen;
    struct model_listener listener;
    char id[WORKSPACE_ID_LENGTH + 1];
    json_t *all;   /* the baseline, then the others by age; NULL until they were read */
    json_t *shown; /* those that pass the filter */
    struct list_find find;
    struct list list;
    struct job *job; /* that reads them */
    bool stale;      /* to be read once more when the job is over */
};

/* ---- reset, from here and from the list of workspaces ---- */

static void ask_reset_now(struct app *app, struct watched_workspace *w, const char *snapshot)
{
    scoped_free char *ends = workspace_what_ends(&w, 1),
                     *title = str_printf("reset %s", model_name(w));
    scoped_free char *text =
        str_printf("Reset %s to %s?\n\n%sAll that was changed on its disk since "
                   "is lost, and the records of its shells, services and "
                   "commands. Its snapshots stay.",
                   model_name(w), snapshot, ends);
    scoped_free char *what = str_printf("reset %s to %s", model_name(w), snapshot);
    const char *const argv[] = { "workspace", "reset", w->record.id, "--snapshot", snapshot, NULL };
    struct confirm_spec spec = { .title = title,
                                 .text = text,
                                 .about = w->record.id,
                                 .danger = true,
                                 .yes = job_request_start,
                                 .arg = job_request_new(app, what, argv, false, NULL),
                                 .free_arg = job_request_free };

    confirm_ask(app, &spec);
}

static void ask_reset(struct app *app, struct watched_workspace *w, const char *snapshot)
{
    if (model_change(w)) {
        app_message(app, ROLE_WARN, "not now: %s is %s", model_name(w), model_change(w));
        return;
    }
    ask_reset_now(app, w, snapshot);
}

void snapshots_ask_reset(struct app *app, struct watched_workspace *w)
{
    ask_reset(app, w, BASELINE);
}

/* ---- reading ---- */

static void read_all(struct snapshots *v);

static void snapshots_listed(void *arg, const struct job_end *end)
{
    struct snapshots *v = arg;

    v->job = NULL;
    if (end->ok) {
        json_decref(v->all);
        v->all = json_incref(json_object_get(end->result, "snapshots"));
    }
    if (v->stale)
        read_all(v);
}

static void read_all(struct snapshots *v)
{
    const char *const argv[] = { "workspace", "snapshot", "list", v->id, NULL };

    v->stale = v->job != NULL;
    if (!v->job)
        v->job = job_start(v->screen.app, "list snapshots", argv, false, snapshots_listed, v);
}

/* The record names the snapshots: whatever changes it may have changed them. */
static void snapshots_changed(void *arg, struct watched_workspace *w, unsigned change, bool going)
{
    struct snapshots *v = arg;

    if (!going && (change & WATCH_RECORD) && !strcmp(w->record.id, v->id))
        read_all(v);
}

static const json_t *snapshots_selected(const struct snapshots *v)
{
    return json_array_get(v->shown, (size_t)v->list.selected);
}

static const char *name_of(const json_t *snapshot)
{
    return json_string_or(snapshot, "snapshot_name", "");
}

static struct watched_workspace *workspace(const struct snapshots *v)
{
    return model_find(v->screen.app->model, v->id);
}

/* ---- drawing ---- */

static void snapshots_written(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    struct short_text space;

    snprintf(ret->text, sizeof(ret->text), "%s",
             format_size(&space, (uint64_t)json_int_or(row, "bytes_written", 0)));
    ret->role = ROLE_DIM;
}

static void snapshots_age(const struct columns *t, void *row, struct cell *ret)
{
    struct short_text space;

    snprintf(ret->text, sizeof(ret->text), "%s",
             format_age(&space, json_number_or(row, "created_at", 0), t->now));
    ret->role = ROLE_DIM;
}

static void snapshots_name(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    bool baseline = !json_bool_or(row, "deletable", false);

    snprintf(ret->text, sizeof(ret->text), "%s", name_of(row));
    snprintf(ret->note, sizeof(ret->note), "%s", baseline ? "  what it was created with" : "");
    ret->role = baseline ? ROLE_TEXT : ROLE_ACCENT;
}

static const struct column columns[] = {
    { "WRITTEN", 7, .right = true, .cell = snapshots_written },
    { "AGE", 6, .right = true, .cell = snapshots_age },
    { "NAME", 4, .indent = 1, .part = 1, .grow = 10000, .cell = snapshots_name, .search = true },
    { 0 },
};

static void snapshots_draw(struct screen *s, WINDOW *win)
{
    struct snapshots *v = (struct snapshots *)s;
    struct columns table = { .all = columns, .sorted = -1, .now = clock_wall() };
    const struct watched_workspace *w = workspace(v);
    int rows = s->rows - HEAD_ROWS, at;

    rows -= list_find_is_shown(&v->find);
    json_decref(v->shown);
    v->shown = list_find_rows(&v->find, &table, v->all);
    list_fit(&v->list, (int)json_array_size(v->shown), rows);
    draw_clear(win, theme_style(ROLE_TEXT));
    draw_fill(win, 0, 0, s->cols, theme_style(ROLE_BAR));
    at = 1 + draw_text(win, 0, 1, s->cols / 2, theme_style(ROLE_TITLE),
                       model_name_of(s->app->model, v->id));
    draw_text(win, 0, at + 1, s->cols - at - 2, theme_style(w ? ROLE_BAR : ROLE_BAD),
              w ? "snapshots" : "deleted");
    columns_draw_json(&table, win, &(struct area){ HEAD_ROWS, 0, v->list.rows, s->cols }, &v->list,
                      v->shown);
    if (list_find_is_shown(&v->find))
        list_find_draw(&v->find, win, HEAD_ROWS + rows, s->cols);
    columns_draw_head(&table, win, 1);
}

/* ---- what is done ---- */

static void snapshots_make_it(struct prompt *p, void *arg, const char *name)
{
    struct snapshots *v = arg;
    const char *const argv[] = { "workspace", "snapshot", "create", v->id, "--", name, NULL };
    scoped_free char *what = str_printf("create snapshot %s", name);

    prompt_start(p, what, argv, NULL, NULL);
}

static void snapshots_make(struct screen *s, int arg UNUSED)
{
    struct snapshots *v = (struct snapshots *)s;
    struct ask_spec spec = { .title = "new snapshot",
                             .label = "A name for the whole disk as it is now. What runs goes on.",
                             .hint = "letters, digits, . _ -",
                             .about = v->id,
                             .answered = snapshots_make_it,
                             .arg = v };

    ask_line(v->screen.app, &spec);
}

static void snapshots_delete(struct screen *s, int arg UNUSED)
{
    struct snapshots *v = (struct snapshots *)s;
    const char *name = name_of(snapshots_selected(v));
    scoped_free char *text =
        str_printf("Delete snapshot %s?\n\nThe workspace cannot be reset to it "
                   "any more. The others, and its disk, stay as they are.",
                   name);
    scoped_free char *what = str_printf("delete snapshot %s", name);
    const char *const argv[] = { "workspace", "snapshot", "delete", v->id, name, NULL };
    struct confirm_spec spec = { .title = "delete snapshot",
                                 .about = v->id,
                                 .text = text,
                                 .danger = true,
                                 .yes = job_request_start,
                                 .arg = job_request_new(v->screen.app, what, argv, false, NULL),
                                 .free_arg = job_request_free };

    confirm_ask(v->screen.app, &spec);
}

static bool snapshots_can_reset(struct screen *s, int arg UNUSED)
{
    struct snapshots *v = (struct snapshots *)s;

    return snapshots_selected(v) && workspace(v);
}

static void snapshots_reset(struct screen *s, int arg UNUSED)
{
    struct snapshots *v = (struct snapshots *)s;

    ask_reset(s->app, workspace(v), name_of(snapshots_selected(v)));
}

static bool snapshots_can_make(struct screen *s, int arg UNUSED)
{
    return workspace((struct snapshots *)s) != NULL;
}

static bool snapshots_can_delete(struct screen *s, int arg UNUSED)
{
    return json_bool_or(snapshots_selected((struct snapshots *)s), "deletable", false);
}

static void snapshots_move(struct screen *s, int step)
{
    list_step(&((struct snapshots *)s)->list, step);
}

static const struct key_binding keys[] = {
    { "reset", "Enter", "reset to it", "bring the whole machine back to it", .act = snapshots_reset,
      .can = snapshots_can_reset, .needs = "a snapshot" },
    { "create", "c", "create", "keep the disk as it is now", .act = snapshots_make,
      .can = snapshots_can_make, .needs = "a workspace" },
    { "delete", "d Delete", "delete", "delete it", .act = snapshots_delete,
      .can = snapshots_can_delete, .needs = "a snapshot other than the baseline" },
    LIST_FIND_KEYS(),
    { "close", "Esc q", "back", "back", .act = screen_close, .group = KEYS_NAVIGATE },
    LIST_KEYS(snapshots_move),
    { 0 },
};

static bool snapshots_event(struct screen *s, const struct key_event *e)
{
    list_mouse(&((struct snapshots *)s)->list, e, HEAD_ROWS);
    return e->kind == EVENT_MOUSE;
}

static void snapshots_free(struct screen *s)
{
    struct snapshots *v = (struct snapshots *)s;

    model_unlisten(s->app->model, &v->listener);
    if (v->job)
        job_forget(v->job);
    json_decref(v->shown);
    json_decref(v->all);
    list_find_release(&v->find);
    free(v);
}

const struct screen_ops snapshots_ops = {
    .name = "snapshots",
    .title = "Snapshots",
    .keys = keys,
    .event = snapshots_event,
    .draw = snapshots_draw,
    .free = snapshots_free,
};

void snapshots_open(struct app *app, const struct watched_workspace *w)
{
    struct snapshots *v = screen_new(app, &snapshots_ops, sizeof(*v));

    memcpy(v->id, w->record.id, sizeof(v->id));
    v->screen.find = &v->find;
    v->listener = (struct model_listener){ .changed = snapshots_changed, .arg = v };
    app_push(app, &v->screen);
    model_listen(app->model, &v->listener);
    read_all(v);
}
