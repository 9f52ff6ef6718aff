/* tui/list.c: cursor and scrolling. */
#include "tui/list.h"

#define WHEEL_ROWS 3

static void show_selected(struct list *l)
{
    if (l->selected < l->first)
        l->first = l->selected;
    if (l->selected >= l->first + l->rows)
        l->first = l->selected - l->rows + 1;
    if (l->first > l->count - l->rows)
        l->first = l->count - l->rows;
    if (l->first < 0)
        l->first = 0;
}

void list_fit(struct list *l, int count, int rows)
{
    l->count = count;
    l->rows = rows > 0 ? rows : 1;
    list_select(l, l->selected);
}

void list_select(struct list *l, int index)
{
    if (index >= l->count)
        index = l->count - 1;
    l->selected = index > 0 ? index : 0;
    show_selected(l);
}

void list_move(struct list *l, int by)
{
    list_select(l, l->selected + by);
}

void list_show_to(struct list *l, int last)
{
    if (last >= l->first + l->rows)
        l->first = last - l->rows + 1;
    show_selected(l);
}

void list_scroll(struct list *l, int by)
{
    int most = l->count > l->rows ? l->count - l->rows : 0;

    l->first += by;
    if (l->first > most)
        l->first = most;
    if (l->first < 0)
        l->first = 0;
    if (l->selected < l->first)
        l->selected = l->first;
    if (l->selected >= l->first + l->rows)
        l->selected = l->first + l->rows - 1;
}

enum list_hit list_mouse(struct list *l, const struct key_event *e, int top)
{
    int row = e->row - top;

    if (e->kind != EVENT_MOUSE)
        return LIST_MISSED;
    if (e->mouse == MOUSE_WHEEL_UP || e->mouse == MOUSE_WHEEL_DOWN) {
        list_scroll(l, e->mouse == MOUSE_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
        return LIST_MOVED;
    }
    if (e->mouse != MOUSE_PRESS || e->button != 1 || row < 0 || row >= l->rows ||
        l->first + row >= l->count)
        return LIST_MISSED;
    list_select(l, l->first + row);
    return e->clicks == 2 ? LIST_OPENED : LIST_CLICKED;
}

void list_step(struct list *l, enum list_step step)
{
    switch (step) {
    case LIST_DOWN:
        list_move(l, 1);
        break;
    case LIST_UP:
        list_move(l, -1);
        break;
    case LIST_PAGE_DOWN:
        list_move(l, l->rows);
        break;
    case LIST_PAGE_UP:
        list_move(l, -l->rows);
        break;
    case LIST_FIRST:
        list_select(l, 0);
        break;
    case LIST_LAST:
        list_select(l, l->count - 1);
    }
}
