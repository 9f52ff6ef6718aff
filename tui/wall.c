/*
 * tui/wall.c: shells side by side. The tiles follow the model; those of the page that is shown have
 * a process each, which pauses while the wall is covered. Only changes are drawn, the more tiles
 * the slower, and an idle wall costs nothing.
 */
#include "tui/wall.h"

#include <stdlib.h>
#include <string.h>

#include "tui/answer.h"
#include "tui/look.h"
#include "tui/model.h"
#include "tui/replay_view.h"
#include "tui/shell_view.h"
#include "tui/wall_head.h"
#include "tui/wall_list.h"
#include "tui/wall_page.h"
#include "tui/wall_pins.h"
#include "vmm/base/fs.h"

#define HEAD_ROWS 1
#define FRAME_MS 50
/* How often a tile is painted at most. */
#define INTERVAL_MS 50
#define INTERVAL_A_TILE_MS 15

struct wall {
    struct screen screen;
    struct model_listener listener;
    struct wall_list list; /* its news are in the last line */
    int selected;
    struct wall_page page;
    bool covered, whole;
    struct loop_timer frame_timer, state_timer;
};

static struct watched_workspace *workspace_of(const struct wall *w, const struct wall_tile *t)
{
    return model_find(w->screen.app->model, t->id);
}

static struct wall_tile *wall_selected(const struct wall *w)
{
    return w->list.count ? w->list.tiles[w->selected] : NULL;
}

static void gather(struct wall *w);

/* ---- the pace ---- */

static void wall_on_frame(void *arg)
{
    struct wall *w = arg;

    app_damage(w->screen.app);
}

static void want_frame(struct wall *w)
{
    if (!w->covered && !w->frame_timer.armed)
        loop_timer_set(w->screen.app->loop, &w->frame_timer, FRAME_MS, wall_on_frame, w);
}

static void wall_on_live_changed(void *arg)
{
    struct wall_tile *t = arg;

    if (!t->live)
        return;
    wall_tile_note_screen(t, workspace_of(t->wall, t));
    want_frame(t->wall);
}

static void wall_on_state_time(void *arg)
{
    struct wall *w = arg;

    for (int i = 0; i < w->list.count; i++)
        w->list.tiles[i]->stale = true;
    gather(w);
}

/* Until a state that is shown changes by itself. */
static void set_state_timer(struct wall *w, double now)
{
    double next = 0;

    for (int i = 0; i < w->list.count; i++) {
        double at = wall_tile_next_change(w->list.tiles[i], workspace_of(w, w->list.tiles[i]), now);
        if (at > 0 && (next <= 0 || at < next))
            next = at;
    }
    loop_timer_cancel(w->screen.app->loop, &w->state_timer);
    if (next > 0)
        loop_timer_set(w->screen.app->loop, &w->state_timer, (int64_t)(next * 1000) + 1,
                       wall_on_state_time, w);
}

/* ---- which tiles there are, and where ---- */

static int page_rows(const struct wall *w)
{
    return w->screen.rows - HEAD_ROWS - (w->list.news.count > 0);
}

static void show_page(struct wall *w)
{
    static const struct live_ops ops = { .changed = wall_on_live_changed };
    int interval;

    w->page = wall_page_fit((struct wall_tiles){ w->list.count - w->list.idle, w->list.idle },
                            w->selected, page_rows(w), w->screen.cols);
    interval = w->page.shown * INTERVAL_A_TILE_MS;
    for (int i = 0; i < w->list.count; i++) {
        struct wall_tile *t = w->list.tiles[i];
        bool on_page = i >= w->page.first && i < w->page.first + w->page.shown;
        if (!on_page)
            wall_tile_close(t);
        else if (!t->live && !t->failure.code)
            wall_tile_open(t, w->screen.app, &ops);
        if (t->live) {
            live_set_interval(t->live, interval > INTERVAL_MS ? interval : INTERVAL_MS);
            live_set_paused(t->live, w->covered);
        }
    }
    w->whole = true;
    app_damage(w->screen.app);
}

static void gather(struct wall *w)
{
    const struct wall_tile *at = wall_selected(w);
    struct model *m = w->screen.app->model;
    int found;

    wall_list_gather(&w->list, w, m);
    wall_list_sort(&w->list, m, page_rows(w), w->screen.cols);
    /* The cursor begins at the workspace that the operator comes from, and stays with its shell, or
     * where that was. */
    found = at ? wall_list_find(&w->list, at)
               : wall_list_find_of(&w->list, model_find(m, w->screen.app->at_workspace));
    if (found >= 0)
        w->selected = found;
    if (w->selected >= w->list.count)
        w->selected = w->list.count ? w->list.count - 1 : 0;
    if (wall_selected(w))
        wall_tile_look(wall_selected(w), workspace_of(w, wall_selected(w)), false);
    show_page(w);
}

static void select_tile(struct wall *w, int index)
{
    if (!w->list.count)
        return;
    index = index < 0 ? 0 : index < w->list.count ? index : w->list.count - 1;
    w->list.tiles[w->selected]->stale = true;
    w->selected = index;
    w->list.tiles[index]->stale = true;
    wall_tile_look(w->list.tiles[index], workspace_of(w, w->list.tiles[index]), false);
    if (index < w->page.first || index >= w->page.first + w->page.shown)
        show_page(w);
    app_damage(w->screen.app);
}

/* ---- the model ---- */

static void note_output(struct wall *w, struct watched_workspace *of)
{
    for (int i = 0; i < w->list.count; i++) {
        struct wall_tile *t = w->list.tiles[i];
        if (strcmp(t->id, of->record.id) != 0)
            continue;
        if (i == w->selected && !w->covered) {
            wall_tile_look(t, workspace_of(w, t), false);
        } else if (wall_tile_note_output(t, of)) {
            t->stale = true;
            want_frame(w);
        }
    }
}

static void wall_changed(void *arg, struct watched_workspace *of, unsigned change, bool going)
{
    struct wall *w = arg;

    if (change & WATCH_OUTPUT)
        note_output(w, of);
    if (!w->covered && (going || change != WATCH_OUTPUT))
        gather(w);
}

static void wall_enter(struct screen *s)
{
    struct wall *w = (struct wall *)s;

    w->covered = false;
    model_show_figures(s->app->model, NULL, 0);
    gather(w);
}

static void wall_leave(struct screen *s)
{
    struct wall *w = (struct wall *)s;

    w->covered = true;
    loop_timer_cancel(s->app->loop, &w->frame_timer);
    loop_timer_cancel(s->app->loop, &w->state_timer);
    for (int i = w->page.first; i < w->page.first + w->page.shown; i++)
        if (w->list.tiles[i]->live)
            live_set_paused(w->list.tiles[i]->live, true);
}

/* ---- drawing ---- */

static void wall_draw_head(const struct wall *w, WINDOW *win)
{
    double now = clock_wall();
    struct wall_counts c = { .shells = w->list.count,
                             .workspaces = w->list.workspaces,
                             .failed = w->list.news.count,
                             .first = w->page.first,
                             .shown = w->page.shown,
                             .marked = w->list.marked };

    for (int i = 0; i < w->list.count; i++) {
        enum tile_state state =
            wall_tile_state(w->list.tiles[i], workspace_of(w, w->list.tiles[i]), now);
        c.asking += state == TILE_ASKS;
        c.failed += state == TILE_COMMAND || state == TILE_FAILED;
        c.waiting += state == TILE_WAITS;
    }
    wall_head_draw(&c, win, w->screen.cols);
}

static void draw_nothing(const struct wall *w, WINDOW *win)
{
    int row = w->screen.rows / 2 - 1, cols = w->screen.cols - 8;

    draw_text(win, row, 4, cols, theme_style(ROLE_ACCENT), "No shell is open.");
    draw_text(win, row + 2, 4, cols, theme_style(ROLE_TEXT),
              w->list.marked
                  ? "Only marked workspaces are on the wall: Space in the list unmarks them."
                  : "Any shell that is opened shows up here at once.");
}

static void wall_draw(struct screen *s, WINDOW *win)
{
    struct wall *w = (struct wall *)s;
    double now = clock_wall();

    if (w->whole)
        draw_clear(win, theme_style(ROLE_TEXT));
    for (int i = 0; i < w->page.shown; i++) {
        struct wall_tile *t = w->list.tiles[w->page.first + i];
        struct area p = wall_page_place(&w->page, i);
        t->whole |= w->whole;
        p.top += HEAD_ROWS;
        if (t->stale || t->whole)
            wall_tile_draw(t, win, &p, w->page.first + i == w->selected, workspace_of(w, t), now);
    }
    if (!w->list.count && w->whole)
        draw_nothing(w, win);
    wall_news_draw(&w->list.news, win, s->rows - 1, s->cols);
    w->whole = false;
    wall_draw_head(w, win);
    set_state_timer(w, now);
}

/* ---- what is done ---- */

static void zoom(struct wall *w)
{
    struct wall_tile *t = w->list.tiles[w->selected];
    struct pyro_error err = { 0 };
    struct screen *view = shell_view_new(w->screen.app, t->id, t->shell, &err);

    wall_tile_look(t, workspace_of(w, t), true);
    if (view)
        app_push(w->screen.app, view);
    else
        app_error(w->screen.app, &err);
}

static void wall_restart(struct screen *s, int arg UNUSED)
{
    struct wall *w = (struct wall *)s;
    struct wall_tile *t = w->list.tiles[w->selected];

    t->failure.code = PYRO_OK;
    if (t->live)
        live_restart(t->live);
    else
        show_page(w);
}

/* The shell of a tile that may be dismissed; NULL: it runs, or is gone. */
static const struct watched_shell *ended_shell(const struct wall *w, const struct wall_tile *t)
{
    struct watched_workspace *of = workspace_of(w, t);
    const struct watched_shell *s = of ? watched_shell_find(of, t->shell) : NULL;

    return s && model_shell_failed(of, &s->record) ? s : NULL;
}

static void wall_dismiss(struct screen *s, int arg UNUSED)
{
    struct wall *w = (struct wall *)s;
    const struct wall_tile *t = w->list.tiles[w->selected];

    model_acknowledge_one(workspace_of(w, t), NEWS_SHELL, t->shell);
}

/* Those that are marked; none: the tile's own shell. */
static void wall_answer(struct screen *s, int arg UNUSED)
{
    struct wall *w = (struct wall *)s;
    const struct wall_tile *t = w->list.tiles[w->selected];
    struct watched_workspace *of = workspace_of(w, t);
    size_t count;
    scoped_free struct watched_workspace **list =
        wall_list_workspaces(&w->list, s->app->model, &count);

    if (w->list.marked)
        answer_ask(s->app, list, count, NULL);
    else
        answer_ask(s->app, &of, 1, t->shell);
}

static bool wall_can_answer(struct screen *s, int arg UNUSED)
{
    const struct wall *w = (struct wall *)s;
    const struct watched_workspace *of = w->list.count ? workspace_of(w, wall_selected(w)) : NULL;
    const struct watched_shell *shell = of ? watched_shell_find(of, wall_selected(w)->shell) : NULL;

    return shell && shell->record.running;
}

static void wall_pin(struct screen *s, int arg UNUSED)
{
    struct wall *w = (struct wall *)s;
    const struct wall_tile *t = wall_selected(w);

    wall_pins_toggle(s->app, t->id, t->shell);
    gather(w);
}

/* What needs somebody and is not a shell: a machine, a command, a service. NULL: nothing. */
static const char *needs_elsewhere(const struct model *m)
{
    for (size_t i = 0; i < model_count(m); i++)
        if (look_needs_eye(look_of(model_at(m, i))))
            return model_name(model_at(m, i));
    return NULL;
}

static void wall_next_attention(struct screen *s, int arg UNUSED)
{
    struct wall *w = (struct wall *)s;
    int next = wall_list_next_urgent(&w->list, s->app->model, w->selected);
    const char *other = next >= 0 ? NULL : needs_elsewhere(s->app->model);

    if (next >= 0)
        select_tile(w, next);
    else if (other)
        app_message(s->app, ROLE_TEXT, "no shell here needs you; %s does: ! in the list", other);
    else
        app_message(s->app, ROLE_TEXT, "no shell here needs you");
}

static bool wall_has_tile(struct screen *s, int arg UNUSED)
{
    return ((struct wall *)s)->list.count > 0;
}

static void wall_zoom(struct screen *s, int arg UNUSED)
{
    zoom((struct wall *)s);
}

static void wall_replay(struct screen *s, int arg UNUSED)
{
    const struct wall_tile *t = wall_selected((struct wall *)s);

    replay_view_open(s->app, t->id, t->shell);
}

static bool wall_can_restart(struct screen *s, int arg UNUSED)
{
    const struct wall *w = (struct wall *)s;

    return w->list.count && wall_tile_failure(wall_selected(w));
}

static bool wall_can_dismiss(struct screen *s, int arg UNUSED)
{
    const struct wall *w = (struct wall *)s;

    return w->list.count && ended_shell(w, wall_selected(w));
}

enum step { LEFT, RIGHT, UP, DOWN, NEXT, PREVIOUS, PAGE_DOWN, PAGE_UP, FIRST, LAST };

static bool wall_can_go(struct screen *s, int step)
{
    const struct wall *w = (struct wall *)s;

    return step == PAGE_DOWN ? w->page.first + w->page.shown < w->list.count
           : step == PAGE_UP ? w->page.first > 0
           : step == NEXT    ? w->list.count > 1
                             : w->list.count > 0;
}

static void wall_go(struct screen *s, int step)
{
    struct wall *w = (struct wall *)s;
    const int to[] = { [LEFT] = w->selected - 1,
                       [RIGHT] = w->selected + 1,
                       [UP] = w->selected - w->page.grid.cols,
                       [DOWN] = w->selected + w->page.grid.cols,
                       [NEXT] = w->selected + 1 < w->list.count ? w->selected + 1 : 0,
                       [PREVIOUS] = w->selected ? w->selected - 1 : w->list.count - 1,
                       [PAGE_DOWN] = w->page.first + w->page.shown,
                       [PAGE_UP] = w->page.before,
                       [FIRST] = 0,
                       [LAST] = w->list.count - 1 };

    if ((step != UP && step != DOWN) || (to[step] >= 0 && to[step] < w->list.count))
        select_tile(w, to[step]);
}

static const struct key_binding keys[] = {
    { "zoom", "Enter", "zoom in", "its shell at full size", .act = wall_zoom, .can = wall_has_tile,
      .needs = "a shell", .group = KEYS_VIEW },
    { "answer", "a", "answer", "type a line into its shell", .act = wall_answer,
      .can = wall_can_answer, .needs = "a running shell" },
    { "restart", "r", "draw it again", "start drawing again after it has failed",
      .act = wall_restart, .can = wall_can_restart, .needs = "a tile that failed" },
    { "dismiss", "x Delete", "dismiss", "take a shell that has ended off the wall",
      .act = wall_dismiss, .can = wall_can_dismiss, .needs = "a shell that ended" },
    { "pin", "p", "pin", "pin it: it comes first; again: no longer", .act = wall_pin,
      .can = wall_has_tile, .needs = "a shell" },
    { "next", "Tab", "next", "the next shell", .act = wall_go, .can = wall_can_go, .arg = NEXT,
      .group = KEYS_NAVIGATE },
    { "previous", "Shift-Tab", NULL, "the one before", .act = wall_go, .can = wall_can_go,
      .arg = PREVIOUS, .group = KEYS_NAVIGATE },
    { "page-down", "PgDn Ctrl-d", "next page", "the shells that did not fit", .act = wall_go,
      .can = wall_can_go, .arg = PAGE_DOWN, .group = KEYS_NAVIGATE },
    { "page-up", "PgUp Ctrl-u", "page before", "the shells before", .act = wall_go,
      .can = wall_can_go, .arg = PAGE_UP, .group = KEYS_NAVIGATE },
    { "attention", "!", "who needs me", "the next that needs you", .act = wall_next_attention,
      .can = wall_has_tile, .needs = "a shell", .group = KEYS_NAVIGATE },
    { "replay", "P", "replay", "play its last ten minutes", .act = wall_replay,
      .can = wall_has_tile, .needs = "a shell", .group = KEYS_VIEW },
    { "back", "Esc q w", "back", "back to the list", .act = screen_close, .group = KEYS_NAVIGATE },
    { "left", "Left h", NULL, "to the left", .act = wall_go, .can = wall_can_go, .arg = LEFT,
      .group = KEYS_NAVIGATE },
    { "right", "Right l", NULL, "to the right", .act = wall_go, .can = wall_can_go, .arg = RIGHT,
      .group = KEYS_NAVIGATE },
    { "up", "Up k", NULL, "up", .act = wall_go, .can = wall_can_go, .arg = UP,
      .group = KEYS_NAVIGATE },
    { "down", "Down j", NULL, "down", .act = wall_go, .can = wall_can_go, .arg = DOWN,
      .group = KEYS_NAVIGATE },
    { "first", "Home g", NULL, "the first shell", .act = wall_go, .can = wall_can_go, .arg = FIRST,
      .group = KEYS_NAVIGATE },
    { "last", "End G", NULL, "the last shell", .act = wall_go, .can = wall_can_go, .arg = LAST,
      .group = KEYS_NAVIGATE },
    { 0 },
};

static bool wall_event(struct screen *s, const struct key_event *e)
{
    struct wall *w = (struct wall *)s;
    int turn = e->mouse == MOUSE_WHEEL_UP ? PAGE_UP : PAGE_DOWN, hit;

    if (e->kind != EVENT_MOUSE)
        return false;
    if ((e->mouse == MOUSE_WHEEL_UP || e->mouse == MOUSE_WHEEL_DOWN) && wall_can_go(s, turn))
        wall_go(s, turn);
    if (e->mouse != MOUSE_PRESS || e->button != 1)
        return true;
    hit = wall_page_find(&w->page, e->row - HEAD_ROWS, e->col);
    if (hit < 0)
        return true;
    select_tile(w, w->page.first + hit);
    if (e->clicks == 2)
        zoom(w);
    return true;
}

static void wall_resize(struct screen *s, int rows UNUSED, int cols UNUSED)
{
    gather((struct wall *)s); /* in less room more is idle */
}

static void wall_free(struct screen *s)
{
    struct wall *w = (struct wall *)s;

    model_unlisten(s->app->model, &w->listener);
    loop_timer_cancel(s->app->loop, &w->frame_timer);
    loop_timer_cancel(s->app->loop, &w->state_timer);
    wall_list_release(&w->list);
    free(w);
}

const struct screen_ops wall_ops = {
    .name = "wall",
    .title = "Wall",
    .keys = keys,
    .enter = wall_enter,
    .leave = wall_leave,
    .event = wall_event,
    .resize = wall_resize,
    .draw = wall_draw,
    .free = wall_free,
};

void wall_open(struct app *app)
{
    struct wall *w = screen_new(app, &wall_ops, sizeof(*w));

    wall_list_init(&w->list);
    w->listener = (struct model_listener){ .changed = wall_changed, .arg = w };
    model_listen(app->model, &w->listener);
    app_push(app, &w->screen);
}
