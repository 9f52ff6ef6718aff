/* tui/list_find.c: the line of a filter. */
#include "tui/list_find.h"

#include "tui/draw.h"

bool list_find_is_shown(const struct list_find *f)
{
    return f->typing || f->field.len;
}

void list_find_draw(struct list_find *f, WINDOW *win, int row, int cols)
{
    const char *why = f->filter.problem ? f->filter.problem : f->filter.unknown;
    struct style ground = theme_style(f->ground);
    int room = *why ? draw_width(why) + 1 : 0;

    if (room > cols * 2 / 3)
        room = cols * 2 / 3;
    f->row = row;
    draw_text(win, row, 1, 1, style_on(theme_style(ROLE_KEY), ground), "/");
    field_draw(&f->field, win, (struct area){ row, 2, 1, cols - 3 - room },
               f->typing ? theme_style(ROLE_INPUT) : ground, theme_style(ROLE_INPUT_DIM),
               "words, COLUMN:word, -not, /regular expression/");
    if (room)
        draw_right(win, row, cols - room - 1, room, style_on(theme_style(ROLE_BAD), ground), why);
}

bool list_find_event(struct list_find *f, const struct key_event *e)
{
    if (!f->typing || e->kind == EVENT_MOUSE)
        return false;
    if (e->kind == EVENT_KEY && (e->code == K_ENTER || e->code == K_ESC)) {
        f->typing = false;
        if (e->code == K_ESC)
            field_set(&f->field, "");
        return true;
    }
    if (e->kind == EVENT_KEY && (e->code == K_UP || e->code == K_DOWN))
        return false;
    return field_event(&f->field, e) || (e->kind == EVENT_KEY && !e->mods);
}

void list_find_set(struct list_find *f, const char *text)
{
    f->typing = false;
    field_set(&f->field, text);
}

void list_find_release(struct list_find *f)
{
    filter_release(&f->filter);
}

json_t *list_find_rows(struct list_find *f, const struct columns *t, json_t *all)
{
    json_t *rows, *row;
    size_t i;

    filter_set(&f->filter, t->all, f->field.text);
    if (!f->filter.count)
        return json_incref(all);
    rows = json_array();
    json_array_foreach (all, i, row)
        if (filter_matches(&f->filter, t, row))
            json_array_append(rows, row);
    return rows;
}
