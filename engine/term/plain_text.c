/* Turning the plain renderer's rows into text: when they leave the screen, and at the end. */
#include "engine/term/plain_grid.h"

bool plain_text_put_row(struct plain_grid *g, const struct row *row)
{
    return g->colors ? row_text_colored(row, &g->pool, &g->color_room, g->out)
                     : row_text(row, &g->pool, g->out);
}

void plain_text_push(struct plain_grid *g, const struct row *row)
{
    if (!plain_text_put_row(g, row) || (!row->wrapped && !buf_append(g->out, "\n", 1)))
        g->failed = true;
    g->open = row->wrapped;
    g->lines += !row->wrapped;
}

void plain_text_drop_history(struct plain_grid *g)
{
    if (g->keep)
        return;
    g->out->len = g->lines = 0;
    g->drops++;
    g->open = false;
    g->watch.cleared = g->watch.marked;
}

bool plain_text_row_is_blank(const struct row *row)
{
    return row->used == 0 && !row->lead;
}

/* The lower of the cursor's and the last printed row. */
static int last_row(const struct plain_grid *g)
{
    int last = g->alternate ? g->entry_row : g->at.row;

    for (int i = g->rows - 1; i > last; i--) {
        if (!plain_text_row_is_blank(g->main_line[i]))
            return i;
    }
    return last;
}

size_t plain_grid_line(const struct plain_grid *g)
{
    int row = g->alternate ? g->entry_row : g->at.row;
    size_t line = g->lines;

    for (int i = 0; i < row; i++)
        line += !g->main_line[i]->wrapped;
    return line;
}

static bool put_screen(struct plain_grid *g)
{
    int last = last_row(g);

    for (int i = 0; i < last; i++)
        plain_text_push(g, g->main_line[i]);
    if (g->failed || g->pool.exhausted || !plain_text_put_row(g, g->main_line[last]))
        return false;
    /* an LF that ended a wrapped line from inside, with nothing after it, ends the text too */
    if (g->fed_inside && !g->alternate && g->at.row == last)
        return buf_append(g->out, "\n", 1);
    return true;
}

bool plain_grid_mark(struct plain_grid *g, struct buf *text)
{
    struct buf *out = g->out;
    size_t color_room = g->color_room, lines = g->lines;
    bool open = g->open, done;

    if (g->failed || (out->len && !buf_append(text, out->data, out->len)))
        return false;
    g->out = text;
    done = put_screen(g);
    g->out = out;
    g->open = open;
    g->lines = lines;
    g->color_room = color_room;
    g->watch = (struct plain_watch){ .marked = true, .waiting = true, .row = last_row(g) };
    g->watch.col = g->main_line[g->watch.row]->used;
    return done;
}

bool plain_grid_finish(struct plain_grid *g)
{
    if (g->failed)
        return false;
    vtparse_finish(&g->parse);
    return put_screen(g);
}
