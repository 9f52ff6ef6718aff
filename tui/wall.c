/*
 * tui/wall.c: shells side by side. The tiles follow the model; those of the page that is shown have
 * a process each, which pauses while the wall is covered. Only changes are drawn, the more tiles
 * the slower, and an idle wall costs nothing.
 */
#include "tui/wall.h"

#include <stdlib.h>
#include <string.h>

#include "tui/answer.h"
#include "tui/model.h"
#include "tui/shell_view.h"
#include "tui/wall_news.h"
#include "tui/wall_tile.h"
#include "vmm/base/fs.h"

#define HEAD_ROWS 1
#define FRAME_MS 50
/* How often a tile is painted at most. */
#define INTERVAL_MS 50
#define INTERVAL_A_TILE_MS 15

struct wall {
    struct screen screen;
    struct model_listener listener;
    struct wall_tile **tiles; /* by workspace and number */
    int count, selected;
    int first, shown; /* those that are on the page */
    struct wall_grid grid;
    bool covered, whole, marked; /* marked: only the marked workspaces are on it */
    int workspaces;
    struct wall_news news; /* in the last line */
    struct loop_timer frame_timer, state_timer;
};

static struct watched_workspace *workspace_of(const struct wall *w, const struct wall_tile *t)
{
    return model_find(w->screen.app->model, t->id);
}

static struct wall_tile *wall_selected(const struct wall *w)
{
    return w->count ? w->tiles[w->selected] : NULL;
}

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

    for (int i = 0; i < w->count; i++)
        w->tiles[i]->stale = true;
    app_damage(w->screen.app);
}

/* Until a state that is shown changes by itself. */
static void set_state_timer(struct wall *w, double now)
{
    double next = 0;

    for (int i = w->first; i < w->first + w->shown; i++) {
        double at = wall_tile_next_change(w->tiles[i], workspace_of(w, w->tiles[i]), now);
        if (at > 0 && (next <= 0 || at < next))
            next = at;
    }
    loop_timer_cancel(w->screen.app->loop, &w->state_timer);
    if (next > 0)
        loop_timer_set(w->screen.app->loop, &w->state_timer, (int64_t)(next * 1000) + 1,
                       wall_on_state_time, w);
}

/* ---- which tiles there are, and where ---- */

static void show_page(struct wall *w)
{
    static const struct live_ops ops = { .changed = wall_on_live_changed };
    int size, interval;

    w->grid =
        wall_grid_fit(w->count, w->screen.rows - HEAD_ROWS - (w->news.count > 0), w->screen.cols);
    size = wall_grid_size(&w->grid);
    w->first = w->selected / size * size;
    w->shown = w->count - w->first < size ? w->count - w->first : size;
    interval = w->shown * INTERVAL_A_TILE_MS;
    for (int i = 0; i < w->count; i++) {
        struct wall_tile *t = w->tiles[i];
        bool on_page = i >= w->first && i < w->first + w->shown;
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

static int wall_by_name(const void *a, const void *b)
{
    const struct watched_workspace *x = *(struct watched_workspace *const *)a,
                                   *y = *(struct watched_workspace *const *)b;
    int names = strcasecmp(model_name(x), model_name(y));

    return names ? names : strcmp(x->record.id, y->record.id);
}

/* The workspaces that are on the wall, by name; new. */
static struct watched_workspace **workspaces(struct wall *w, size_t *ret_count)
{
    struct model *m = w->screen.app->model;
    size_t total = model_count(m), count = 0;
    struct watched_workspace **list = calloc(total + 1, sizeof(struct watched_workspace *));

    BUG_ON(!list);
    w->marked = model_marked_count(m) > 0;
    for (size_t i = 0; i < total; i++)
        if (!w->marked || model_is_marked(model_at(m, i)))
            list[count++] = model_at(m, i);
    qsort(list, count, sizeof(*list), wall_by_name);
    *ret_count = count;
    return list;
}

/* Takes the shell's tile out of the old ones; NULL when it had none. */
static struct wall_tile *take_tile(struct wall_tile **old, int count, const char *id,
                                   const char *shell)
{
    for (int i = 0; i < count; i++)
        if (old[i] && !strcmp(old[i]->id, id) && !strcmp(old[i]->shell, shell)) {
            struct wall_tile *t = old[i];
            old[i] = NULL;
            return t;
        }
    return NULL;
}

static struct wall_tile *new_tile(struct wall *w, struct watched_workspace *of,
                                  const struct shell_record *r)
{
    struct wall_tile *t = calloc(1, sizeof(*t));

    BUG_ON(!t);
    wall_tile_init(t, w, of, r);
    return t;
}

static void free_tile(struct wall_tile *t)
{
    wall_tile_close(t);
    free(t);
}

/* Its running shells, and those that ended with an error. */
static void gather_of(struct wall *w, struct watched_workspace *of, struct wall_tile **old,
                      int old_count)
{
    int before = w->count;

    for (size_t i = 0; i < of->shell_count; i++) {
        const struct shell_record *r = &of->shells[i].record;
        struct wall_tile *t = take_tile(old, old_count, of->record.id, r->id);
        if (!r->running && !model_shell_failed(of, r)) {
            if (t)
                free_tile(t);
            continue;
        }
        if (!t)
            t = new_tile(w, of, r);
        t->first = w->count == before;
        w->tiles[w->count++] = t;
    }
    w->workspaces += w->count > before;
    wall_news_add(&w->news, of, w->count > before);
}

static void gather(struct wall *w)
{
    struct wall_tile **old = w->tiles, *at = wall_selected(w);
    size_t count, shells = 0;
    int old_count = w->count;
    scoped_free struct watched_workspace **list = workspaces(w, &count);

    for (size_t i = 0; i < count; i++)
        shells += list[i]->shell_count;
    w->tiles = calloc(shells + 1, sizeof(struct wall_tile *));
    BUG_ON(!w->tiles);
    w->count = w->workspaces = 0;
    wall_news_clear(&w->news);
    for (size_t i = 0; i < count; i++)
        gather_of(w, list[i], old, old_count);
    /* The cursor stays with its shell, or where that was. */
    for (int i = 0; i < w->count; i++)
        if (w->tiles[i] == at)
            w->selected = i;
    if (w->selected >= w->count)
        w->selected = w->count ? w->count - 1 : 0;
    for (int i = 0; i < old_count; i++)
        if (old[i])
            free_tile(old[i]);
    free(old);
    if (wall_selected(w))
        wall_tile_look(wall_selected(w), workspace_of(w, wall_selected(w)), false);
    show_page(w);
}

static void select_tile(struct wall *w, int index)
{
    if (!w->count)
        return;
    index = index < 0 ? 0 : index < w->count ? index : w->count - 1;
    w->tiles[w->selected]->stale = true;
    w->selected = index;
    w->tiles[index]->stale = true;
    wall_tile_look(w->tiles[index], workspace_of(w, w->tiles[index]), false);
    if (index < w->first || index >= w->first + w->shown)
        show_page(w);
    app_damage(w->screen.app);
}

/* ---- the model ---- */

static void note_output(struct wall *w, struct watched_workspace *of)
{
    for (int i = 0; i < w->count; i++) {
        struct wall_tile *t = w->tiles[i];
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
    for (int i = w->first; i < w->first + w->shown; i++)
        if (w->tiles[i]->live)
            live_set_paused(w->tiles[i]->live, true);
}

/* ---- drawing ---- */

static void wall_draw_head(const struct wall *w, WINDOW *win)
{
    struct style bar = theme_style(ROLE_BAR);
    int cols = w->screen.cols, at, asking = 0, failed = 0, waiting = 0;
    double now = clock_wall();
    char text[160];

    for (int i = 0; i < w->count; i++) {
        enum tile_state state = wall_tile_state(w->tiles[i], workspace_of(w, w->tiles[i]), now);
        asking += state == TILE_ASKS;
        failed += state == TILE_COMMAND || state == TILE_FAILED;
        waiting += state == TILE_WAITS;
    }
    failed += w->news.count;
    draw_fill(win, 0, 0, cols, bar);
    if (w->shown < w->count) {
        snprintf(text, sizeof(text), " %d–%d of %d ", w->first + 1, w->first + w->shown, w->count);
        draw_right(win, 0, 0, cols, bar, text);
        cols -= draw_width(text);
    }
    at = 1 + draw_text(win, 0, 1, 12, theme_style(ROLE_TITLE), "pyro  wall") + 2;
    snprintf(text, sizeof(text), "%d shell%s of %d %sworkspace%s", w->count,
             w->count == 1 ? "" : "s", w->workspaces, w->marked ? "marked " : "",
             w->workspaces == 1 ? "" : "s");
    at += draw_text(win, 0, at, cols - at, bar, text) + 2;
    if (asking) {
        snprintf(text, sizeof(text), "? %d ask%s", asking, asking == 1 ? "s" : "");
        at += draw_text(win, 0, at, cols - at, style_on(theme_style(ROLE_WARN), bar), text) + 2;
    }
    if (failed) {
        snprintf(text, sizeof(text), "✗ %d failed", failed);
        at += draw_text(win, 0, at, cols - at, style_on(theme_style(ROLE_BAD), bar), text) + 2;
    }
    if (!waiting)
        return;
    snprintf(text, sizeof(text), "❯ %d wait%s", waiting, waiting == 1 ? "s" : "");
    draw_text(win, 0, at, cols - at, style_on(theme_style(ROLE_WARN), bar), text);
}

static void draw_nothing(const struct wall *w, WINDOW *win)
{
    int row = w->screen.rows / 2 - 1, cols = w->screen.cols - 8;

    draw_text(win, row, 4, cols, theme_style(ROLE_ACCENT), "No shell is open.");
    draw_text(win, row + 2, 4, cols, theme_style(ROLE_TEXT),
              w->marked ? "Only marked workspaces are on the wall: Space in the list unmarks them."
                        : "Any shell that is opened shows up here at once.");
}

static void wall_draw(struct screen *s, WINDOW *win)
{
    struct wall *w = (struct wall *)s;
    double now = clock_wall();

    if (w->whole)
        draw_clear(win, theme_style(ROLE_TEXT));
    for (int i = 0; i < w->shown; i++) {
        struct wall_tile *t = w->tiles[w->first + i];
        struct area p = wall_grid_place(&w->grid, i);
        t->whole |= w->whole;
        p.top += HEAD_ROWS;
        if (t->stale || t->whole)
            wall_tile_draw(t, win, &p, w->first + i == w->selected, workspace_of(w, t), now);
    }
    if (!w->count && w->whole)
        draw_nothing(w, win);
    wall_news_draw(&w->news, win, s->rows - 1, s->cols);
    w->whole = false;
    wall_draw_head(w, win);
    set_state_timer(w, now);
}

/* ---- what is done ---- */

static void zoom(struct wall *w)
{
    struct wall_tile *t = w->tiles[w->selected];
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
    struct wall_tile *t = w->tiles[w->selected];

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
    const struct wall_tile *t = w->tiles[w->selected];

    model_acknowledge_one(workspace_of(w, t), NEWS_SHELL, t->shell);
}

/* Those that are marked; none: the tile's own shell. */
static void wall_answer(struct screen *s, int arg UNUSED)
{
    struct wall *w = (struct wall *)s;
    const struct wall_tile *t = w->tiles[w->selected];
    struct watched_workspace *of = workspace_of(w, t);
    size_t count;
    scoped_free struct watched_workspace **list = workspaces(w, &count);

    if (w->marked)
        answer_ask(s->app, list, count, NULL);
    else
        answer_ask(s->app, &of, 1, t->shell);
}

static bool wall_can_answer(struct screen *s, int arg UNUSED)
{
    const struct wall *w = (struct wall *)s;
    const struct watched_workspace *of = w->count ? workspace_of(w, wall_selected(w)) : NULL;
    const struct watched_shell *shell = of ? watched_shell_find(of, wall_selected(w)->shell) : NULL;

    return shell && shell->record.running;
}

static bool wall_has_tile(struct screen *s, int arg UNUSED)
{
    return ((struct wall *)s)->count > 0;
}

static void wall_zoom(struct screen *s, int arg UNUSED)
{
    zoom((struct wall *)s);
}

static bool wall_can_restart(struct screen *s, int arg UNUSED)
{
    const struct wall *w = (struct wall *)s;

    return w->count && wall_tile_failure(wall_selected(w));
}

static bool wall_can_dismiss(struct screen *s, int arg UNUSED)
{
    const struct wall *w = (struct wall *)s;

    return w->count && ended_shell(w, wall_selected(w));
}

enum step { LEFT, RIGHT, UP, DOWN, NEXT, PREVIOUS, PAGE_DOWN, PAGE_UP, FIRST, LAST };

static bool wall_can_go(struct screen *s, int step)
{
    const struct wall *w = (struct wall *)s;

    return step == PAGE_DOWN ? w->first + w->shown < w->count
           : step == PAGE_UP ? w->first > 0
           : step == NEXT    ? w->count > 1
                             : w->count > 0;
}

static void wall_go(struct screen *s, int step)
{
    struct wall *w = (struct wall *)s;
    const int size = wall_grid_size(&w->grid);
    const int to[] = { [LEFT] = w->selected - 1,
                       [RIGHT] = w->selected + 1,
                       [UP] = w->selected - w->grid.cols,
                       [DOWN] = w->selected + w->grid.cols,
                       [NEXT] = w->selected + 1 < w->count ? w->selected + 1 : 0,
                       [PREVIOUS] = w->selected ? w->selected - 1 : w->count - 1,
                       [PAGE_DOWN] = w->first + size,
                       [PAGE_UP] = w->first - size,
                       [FIRST] = 0,
                       [LAST] = w->count - 1 };

    if ((step != UP && step != DOWN) || (to[step] >= 0 && to[step] < w->count))
        select_tile(w, to[step]);
}

static const struct key_binding keys[] = {
    { "zoom", "Enter", "zoom in", "its shell at full size", .act = wall_zoom,
      .can = wall_has_tile },
    { "answer", "a", "answer", "type a line into its shell, or into those marked",
      .act = wall_answer, .can = wall_can_answer },
    { "restart", "r", "draw it again", "start drawing again after it has failed",
      .act = wall_restart, .can = wall_can_restart },
    { "dismiss", "x Delete", "dismiss", "take a shell that has ended off the wall",
      .act = wall_dismiss, .can = wall_can_dismiss },
    { "next", "Tab", "next", "the next shell", .act = wall_go, .can = wall_can_go, .arg = NEXT },
    { "previous", "Shift-Tab", NULL, "the one before", .act = wall_go, .can = wall_can_go,
      .arg = PREVIOUS },
    { "page-down", "PgDn Ctrl-d", "next page", "the shells that did not fit", .act = wall_go,
      .can = wall_can_go, .arg = PAGE_DOWN },
    { "page-up", "PgUp Ctrl-u", "page before", "the shells before", .act = wall_go,
      .can = wall_can_go, .arg = PAGE_UP },
    { "back", "Esc q w", "back", "back to the list", .act = screen_close },
    { "left", "Left h", NULL, "to the left", .act = wall_go, .can = wall_can_go, .arg = LEFT },
    { "right", "Right l", NULL, "to the right", .act = wall_go, .can = wall_can_go, .arg = RIGHT },
    { "up", "Up k", NULL, "up", .act = wall_go, .can = wall_can_go, .arg = UP },
    { "down", "Down j", NULL, "down", .act = wall_go, .can = wall_can_go, .arg = DOWN },
    { "first", "Home g", NULL, "the first shell", .act = wall_go, .can = wall_can_go,
      .arg = FIRST },
    { "last", "End G", NULL, "the last shell", .act = wall_go, .can = wall_can_go, .arg = LAST },
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
    hit = wall_grid_find(&w->grid, w->shown, e->row - HEAD_ROWS, e->col);
    if (hit < 0)
        return true;
    select_tile(w, w->first + hit);
    if (e->clicks == 2)
        zoom(w);
    return true;
}

static void wall_resize(struct screen *s, int rows UNUSED, int cols UNUSED)
{
    show_page((struct wall *)s);
}

static void wall_free(struct screen *s)
{
    struct wall *w = (struct wall *)s;

    model_unlisten(s->app->model, &w->listener);
    loop_timer_cancel(s->app->loop, &w->frame_timer);
    loop_timer_cancel(s->app->loop, &w->state_timer);
    for (int i = 0; i < w->count; i++)
        free_tile(w->tiles[i]);
    free(w->tiles);
    buf_release(&w->news.line);
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

    buf_init(&w->news.line, WALL_NEWS_MAX);
    w->listener = (struct model_listener){ .changed = wall_changed, .arg = w };
    model_listen(app->model, &w->listener);
    app_push(app, &w->screen);
}
