/* tui/spares.c: what `workspace list --all` says of spares, looked at again while it is on screen. */
#include "tui/spares.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/columns.h"
#include "tui/confirm.h"
#include "tui/format.h"
#include "tui/job.h"
#include "tui/list.h"
#include "vmm/base/fs.h"

#define HEAD_ROWS 2
#define LOOK_MS 2000

struct spares {
    struct screen screen;
    json_t *all; /* NULL until they were read */
    struct list list;
    struct job *job;   /* that reads them */
    int64_t looked_ms; /* when they were read last */
};

/* ---- reading ---- */

static void spares_listed(void *arg, const struct job_end *end)
{
    struct spares *v = arg;

    v->job = NULL;
    v->looked_ms = clock_ms();
    if (end->ok) {
        json_decref(v->all);
        v->all = json_incref(json_object_get(end->result, "spares"));
    } else {
        app_error(end->app, &end->error);
    }
    app_damage(end->app);
}

static void look(struct spares *v)
{
    static const char *const argv[] = { "workspace", "list", "--all", "--limit", "1", NULL };

    if (!v->job)
        v->job = job_start_quietly(v->screen.app, "list spares", argv, false, spares_listed, v);
}

/* ---- drawing ---- */

static void spares_environment(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    snprintf(ret->text, sizeof(ret->text), "%s", json_string_or(row, "environment", ""));
    ret->role = ROLE_ACCENT;
}

static void spares_size(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    bool network = strcmp(json_string_or(row, "network_policy", "off"), "off") != 0;

    snprintf(ret->text, sizeof(ret->text), "%d vCPU %d MiB%s",
             (int)json_int_or(row, "vcpu_count", 0), (int)json_int_or(row, "mem_mib", 0),
             network ? " network" : "");
}

static void put_bytes(const json_t *row, const char *member, struct cell *ret)
{
    struct short_text space;

    snprintf(ret->text, sizeof(ret->text), "%s",
             format_size(&space, (uint64_t)json_int_or(row, member, 0)));
}

static void spares_memory(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    put_bytes(row, "pss_bytes", ret);
}

static void spares_shared(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    put_bytes(row, "template_bytes", ret);
    ret->role = ROLE_DIM;
}

static void spares_age(const struct columns *t, void *row, struct cell *ret)
{
    struct short_text space;

    snprintf(ret->text, sizeof(ret->text), "%s",
             format_age(&space, json_number_or(row, "created_at", 0), t->now));
    ret->role = ROLE_DIM;
}

static void spares_id(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    snprintf(ret->text, sizeof(ret->text), "%s", json_string_or(row, "workspace_id", ""));
    ret->role = ROLE_DIM;
}

static const struct column columns[] = {
    { "ENVIRONMENT", 12, .indent = 1, .part = 1, .grow = 30, .cell = spares_environment },
    { "SIZE", 16, .part = 1, .grow = 8, .cell = spares_size },
    { "MEM", 5, .right = true, .cell = spares_memory },
    { "SHARED", 6, .right = true, .rank = 2, .cell = spares_shared },
    { "AGE", 4, .right = true, .rank = 1, .cell = spares_age },
    { "ID", 12, .rank = 3, .cell = spares_id },
    { 0 },
};

static void spares_draw(struct screen *s, WINDOW *win)
{
    struct spares *v = (struct spares *)s;
    struct columns table = { .all = columns, .sorted = -1, .now = clock_wall() };
    const char *said = json_array_size(v->all)
                           ? "ready for the next create or run: MEM is what each takes"
                           : "No spare. They are kept ready while tui, mcp serve or api runs.";

    if (clock_ms() - v->looked_ms >= LOOK_MS)
        look(v);
    list_fit(&v->list, (int)json_array_size(v->all), s->rows - HEAD_ROWS);
    draw_clear(win, theme_style(ROLE_TEXT));
    draw_fill(win, 0, 0, s->cols, theme_style(ROLE_BAR));
    draw_text(win, 0, 1, 6, theme_style(ROLE_TITLE), "spares");
    draw_text(win, 0, 8, s->cols - 9, theme_style(ROLE_BAR), v->all ? said : "");
    columns_draw_json(&table, win, &(struct area){ HEAD_ROWS, 0, v->list.rows, s->cols }, &v->list,
                      v->all);
    columns_draw_head(&table, win, 1);
}

static bool spares_tick_wanted(struct screen *s UNUSED)
{
    return true;
}

/* ---- what is done ---- */

static const json_t *selected(struct screen *s)
{
    const struct spares *v = (struct spares *)s;

    return json_array_get(v->all, (size_t)v->list.selected);
}

static bool spares_has_one(struct screen *s, int arg UNUSED)
{
    return selected(s) != NULL;
}

static void spares_delete(struct screen *s, int arg UNUSED)
{
    const char *id = json_string_or(selected(s), "workspace_id", "");
    const char *const argv[] = { "workspace", "delete", id, NULL };
    scoped_free char *what = str_printf("end spare %s", id);
    scoped_free char *text =
        str_printf("End spare %s?\n\nIts memory is free then. The next create or run may leave "
                   "another.",
                   id);
    struct confirm_spec spec = { .title = "end spare",
                                 .text = text,
                                 .yes = job_request_start,
                                 .arg = job_request_new(s->app, what, argv, false, NULL),
                                 .free_arg = job_request_free };

    confirm_ask(s->app, &spec);
}

static void spares_move(struct screen *s, int step)
{
    list_step(&((struct spares *)s)->list, step);
}

static const struct key_binding keys[] = {
    { "delete", "d Delete", "end", "end it", .act = spares_delete, .can = spares_has_one,
      .needs = "a spare" },
    { "close", "Esc q", "back", "back", .act = screen_close, .group = KEYS_NAVIGATE },
    LIST_KEYS(spares_move),
    { 0 },
};

static bool spares_event(struct screen *s, const struct key_event *e)
{
    list_mouse(&((struct spares *)s)->list, e, HEAD_ROWS);
    return e->kind == EVENT_MOUSE;
}

static void spares_free(struct screen *s)
{
    struct spares *v = (struct spares *)s;

    if (v->job)
        job_forget(v->job);
    json_decref(v->all);
    free(v);
}

const struct screen_ops spares_ops = {
    .name = "spares",
    .title = "Spares",
    .keys = keys,
    .event = spares_event,
    .draw = spares_draw,
    .tick_wanted = spares_tick_wanted,
    .free = spares_free,
};

void spares_open(struct app *app)
{
    struct spares *v = screen_new(app, &spares_ops, sizeof(*v));

    app_push(app, &v->screen);
    look(v);
}

void spares_show(struct screen *s, int arg UNUSED)
{
    spares_open(s->app);
}
