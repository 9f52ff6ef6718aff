/* tui/columns.c: which columns fit, and what is drawn in them. */
#include "tui/columns.h"

#include <string.h>

#include "vmm/base/error.h"

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

void columns_fit(struct columns *t, int width, void *const *rows, size_t count)
{
    int drop;

    for (int i = 0; t->all[i].title; i++) {
        BUG_ON(i == COLUMNS_MAX);
        t->widths[i] = t->all[i].width;
        t->shown[i] = t->all[i].cell && any_has(&t->all[i], rows, count) &&
                      !all_same(t, &t->all[i], rows, count);
    }
    while (needed(t) > width && (drop = least_wanted(t)) >= 0)
        t->shown[drop] = false;
    for (int i = 0; t->all[i].title; i++) {
        int more = t->shown[i] && t->all[i].part ? (width - needed(t)) / t->all[i].part : 0;
        if (more > 0)
            t->widths[i] += more < t->all[i].grow ? more : t->all[i].grow;
    }
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
        else
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

void columns_draw_json(struct columns *t, WINDOW *win, int top, const struct list *l,
                       const json_t *rows)
{
    int cols = getmaxx(win);

    columns_fit(t, cols, NULL, 0);
    for (int i = 0; i < l->rows && l->first + i < l->count; i++) {
        enum role line = l->first + i == l->selected ? ROLE_SELECTED : ROLE_TEXT;
        draw_fill(win, top + i, 0, cols, theme_style(line));
        columns_draw_row(t, win, top + i, json_array_get(rows, (size_t)(l->first + i)), line);
    }
    draw_scrollbar(win, (struct area){ top, cols - 1, l->rows, 1 }, l->first, l->count,
                   theme_style(ROLE_BORDER));
}
