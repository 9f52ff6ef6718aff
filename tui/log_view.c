/* tui/log_view.c: the lines of the log, the newest last; the whole of the chosen one below. */
#include <stdlib.h>

#include "tui/format.h"
#include "tui/list.h"
#include "tui/log.h"
#include "tui/parts.h"

#define WHOLE_ROWS 4 /* with its rule */

struct log_view {
    struct screen screen;
    struct list list;
    size_t seen; /* log_total() when it was drawn last */
};

enum action { DOWN = 1, CLOSE = DOWN + LIST_ACTIONS };

static const struct key_binding keys[] = {
    LIST_KEYS(DOWN),
    { CLOSE, "close", "Esc q L", "back", "back" },
    { 0 },
};

static void draw_line(const struct log_view *v, WINDOW *win, int row, int i)
{
    const struct log_line *line = log_at((size_t)i);
    struct style base = theme_style(i == v->list.selected ? ROLE_SELECTED : ROLE_TEXT);
    struct short_text when;

    draw_fill(win, row, 0, v->screen.cols, base);
    draw_text(win, row, 1, 8, style_on(theme_style(ROLE_DIM), base),
              format_clock(&when, line->time));
    draw_text(win, row, 11, v->screen.cols - 13, style_on(theme_style(line->role), base),
              line->text);
}

static void draw(struct screen *s, WINDOW *win)
{
    struct log_view *v = (struct log_view *)s;
    int rows = s->rows - 1 - WHOLE_ROWS;
    bool at_end = v->list.selected + 1 >= v->list.count;

    list_fit(&v->list, (int)log_count(), rows);
    if (log_total() != v->seen && at_end)
        list_select(&v->list, v->list.count - 1);
    v->seen = log_total();
    draw_clear(win, theme_style(ROLE_TEXT));
    draw_cell(win, 0, 0, s->cols, theme_style(ROLE_TITLE), " pyro  log");
    if (!v->list.count) {
        draw_text(win, 2, 2, s->cols - 4, theme_style(ROLE_DIM), "Nothing was done yet.");
        return;
    }
    for (int row = 0; row < rows && v->list.first + row < v->list.count; row++)
        draw_line(v, win, 1 + row, v->list.first + row);
    draw_scrollbar(win, 1, s->cols - 1, rows, v->list.first, v->list.count,
                   theme_style(ROLE_BORDER));
    draw_rule(win, s->rows - WHOLE_ROWS, 0, s->cols, theme_style(ROLE_BORDER));
    draw_wrapped(win, s->rows - WHOLE_ROWS + 1, 1, s->cols - 2, WHOLE_ROWS - 1,
                 theme_style(log_at((size_t)v->list.selected)->role),
                 log_at((size_t)v->list.selected)->text);
}

static void action(struct screen *s, int a)
{
    struct log_view *v = (struct log_view *)s;

    if (a == CLOSE)
        app_pop(s->app);
    else
        list_action(&v->list, DOWN, a);
}

static bool event(struct screen *s, const struct key_event *e)
{
    struct log_view *v = (struct log_view *)s;

    if (e->kind != EVENT_MOUSE)
        return false;
    if (e->mouse == MOUSE_WHEEL_UP || e->mouse == MOUSE_WHEEL_DOWN)
        list_scroll(&v->list, e->mouse == MOUSE_WHEEL_UP ? -3 : 3);
    else if (e->mouse == MOUSE_PRESS && e->row >= 1 && e->row <= v->list.rows)
        list_select(&v->list, v->list.first + e->row - 1);
    return true;
}

static void destroy(struct screen *s)
{
    free(s);
}

const struct screen_ops log_view_ops = {
    .name = "log",
    .title = "Log",
    .keys = keys,
    .event = event,
    .action = action,
    .draw = draw,
    .free = destroy,
};

void log_view_open(struct app *app)
{
    struct log_view *v;

    if (app->top->ops == &log_view_ops)
        return;
    v = calloc(1, sizeof(*v));
    BUG_ON(!v);
    v->screen.ops = &log_view_ops;
    app_push(app, &v->screen);
}
