/* tui/columns.c: which columns fit, and what is drawn in them. */
#include "tui/columns.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/error.h"

#define NARROWEST 8
#define MEASURED_ROWS 200 /* more take time at each painting */

static int needed(const struct columns *t)
{
    int width = 1;

    for (int i = 0; t->all[i].title; i++)
        width += t->shown[i] ? t->all[i].indent + t->widths[i] + 1 : 0;
    return width;
}

static bool any_has(const struct column *c, void *const *rows, size_t count)
{
    for (size_t i = 0; c->has && i < count; i++)
        if (c->has(rows[i]))
            return true;
    return !c->has;
}

/* Whether there are several rows and all say the same in it. */
static bool all_same(const struct columns *t, const struct column *c, void *const *rows,
                     size_t count)
{
    struct cell first = { 0 }, other;

    if (!c->dull || count < 2)
        return false;
    c->cell(t, rows[0], &first);
    for (size_t i = 1; i < count; i++) {
        other.text[0] = other.note[0] = '\0';
        c->cell(t, rows[i], &other);
        if (strcmp(first.text, other.text) != 0)
            return false;
    }
    return true;
}

/* The column that goes next; -1: none can. */
static int least_wanted(const struct columns *t)
{
    int drop = -1;

    for (int i = 0; t->all[i].title; i++)
        if (t->shown[i] && t->all[i].rank > (drop < 0 ? 0 : t->all[drop].rank))
            drop = i;
    return drop;
}

/* Columns that have gone, and have room beside what the others show. */
static void take_back(struct columns *t, int width, const bool *dropped)
{
    for (int rank = 1, i = 0; t->all[i].title; i++) {
        if (dropped[i] && !t->shown[i] && t->all[i].rank == rank)
            t->shown[i] = needed(t) + t->all[i].indent + t->widths[i] + 1 <= width;
        if (!t->all[i + 1].title && rank++ < COLUMNS_MAX)
            i = -1;
    }
}

/* What the first rows need, also those out of sight: scrolling moves no column. */
static void measure(struct columns *t, void *const *rows, size_t count, int *ret_widest)
{
    for (int i = 0; t->all[i].title; i++) {
        int title = draw_width(t->all[i].title) + 1;
        if (!t->shown[i] || !t->all[i].part)
            continue;
        for (size_t k = 0; k < count && k < MEASURED_ROWS; k++) {
            struct cell cell = { 0 };
            int need;
            t->all[i].cell(t, rows[k], &cell);
            need = draw_width(cell.text) + draw_width(cell.note);
            if (need > ret_widest[i])
                ret_widest[i] = need;
        }
        if (count && t->all[i].shrinks &&
            t->widths[i] > ret_widest[i]) /* the title has its mark of the order */
            t->widths[i] = ret_widest[i] > title ? ret_widest[i] : title;
    }
}

/* Makes the columns as wide as what they show: each by its part of the room at first, then by what
 * is left. */
static void widen(struct columns *t, int width, const int *widest)
{
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; t->all[i].title; i++) {
            const struct column *c = &t->all[i];
            int room = width - needed(t), more = widest[i] - t->widths[i];
            if (!t->shown[i] || !c->part)
                continue;
            if (pass == 0)
                room /= c->part;
            if (more > room)
                more = room;
            if (t->widths[i] + more > c->width + c->grow)
                more = c->width + c->grow - t->widths[i];
            t->widths[i] += more > 0 ? more : 0;
        }
}

/* What even those that never go have no room for is taken from the last that is wide. */
static void narrow(struct columns *t, int width)
{
    int i = 0;

    while (t->all[i].title)
        i++;
    while (i-- > 0) {
        int over = needed(t) - width, spare = t->widths[i] - NARROWEST;
        if (over > 0 && spare > 0 && t->shown[i] && t->all[i].part)
            t->widths[i] -= over < spare ? over : spare;
    }
}

/* What is behind the last wide column is at the right. */
static void push_right(struct columns *t, int width)
{
    int last = -1;

    for (int i = 0; t->all[i].title; i++)
        if (t->shown[i] && t->all[i].part)
            last = i;
    if (last >= 0 && needed(t) < width)
        t->widths[last] += width - needed(t);
}

void columns_fit(struct columns *t, int width, void *const *rows, size_t count)
{
    bool dropped[COLUMNS_MAX] = { false };
    int widest[COLUMNS_MAX] = { 0 }, drop;

    for (int i = 0; t->all[i].title; i++) {
        BUG_ON(i == COLUMNS_MAX);
        t->widths[i] = t->all[i].width;
        t->shown[i] = t->all[i].cell && any_has(&t->all[i], rows, count) &&
                      !all_same(t, &t->all[i], rows, count);
    }
    measure(t, rows, count, widest);
    while (needed(t) > width && (drop = least_wanted(t)) >= 0)
        t->shown[drop] = false, dropped[drop] = true;
    narrow(t, width);
    widen(t, width, widest);
    take_back(t, width, dropped);
    push_right(t, width);
}

void columns_draw_head(const struct columns *t, WINDOW *win, int row)
{
    int col = 1;

    for (int i = 0; t->all[i].title; i++) {
        struct style style = theme_style(i == t->sorted ? ROLE_ACCENT : ROLE_HEADER);
        char title[32];
        if (!t->shown[i])
            continue;
        snprintf(title, sizeof(title), "%s%s", t->all[i].title,
                 i != t->sorted ? ""
                 : t->reversed  ? "▲"
                                : "▼");
        col += t->all[i].indent;
        if (t->all[i].right)
            draw_right(win, row, col, t->widths[i], style, title);
        else if (t->widths[i] > 1)
            draw_text(win, row, col, t->widths[i], style, title);
        col += t->widths[i] + 1;
    }
}

int columns_at(const struct columns *t, int col)
{
    int from = 1;

    for (int i = 0; t->all && t->all[i].title; i++) {
        if (!t->shown[i])
            continue;
        from += t->all[i].indent;
        if (col >= from && col < from + t->widths[i])
            return i;
        from += t->widths[i] + 1;
    }
    return -1;
}

void columns_draw_row(const struct columns *t, WINDOW *win, int row, void *of, enum role line)
{
    struct style base = theme_style(line), dim = style_on(theme_style(ROLE_DIM), base);
    int col = 1;

    for (int i = 0; t->all[i].title; i++) {
        struct cell cell = { .role = ROLE_TEXT };
        struct style style;
        int used;
        if (!t->shown[i])
            continue;
        col += t->all[i].indent;
        t->all[i].cell(t, of, &cell);
        style = style_on(theme_style(cell.role), base);
        if (t->all[i].right)
            draw_right(win, row, col, t->widths[i], style, cell.text);
        used = t->all[i].right ? 0 : draw_text(win, row, col, t->widths[i], style, cell.text);
        draw_text(win, row, col + used, t->widths[i] - used, dim, cell.note);
        col += t->widths[i] + 1;
    }
}

void columns_draw_json(struct columns *t, WINDOW *win, const struct area *place,
                       const struct list *l, const json_t *rows)
{
    int cols = place->cols, top = place->top;
    scoped_free void **all = calloc((size_t)l->count + 1, sizeof(*all));

    BUG_ON(!all);
    for (int i = 0; i < l->count; i++)
        all[i] = json_array_get(rows, (size_t)i);
    columns_fit(t, cols, all, (size_t)l->count);
    for (int i = 0; i < l->rows && l->first + i < l->count; i++) {
        enum role line = l->first + i == l->selected ? ROLE_SELECTED : ROLE_TEXT;
        draw_fill(win, top + i, 0, cols, theme_style(line));
        columns_draw_row(t, win, top + i, json_array_get(rows, (size_t)(l->first + i)), line);
    }
    draw_scrollbar(win, (struct area){ top, cols - 1, l->rows, 1 }, l->first, l->count,
                   theme_style(ROLE_BORDER));
}
