/* A list with a cursor that is longer than its place: which lines are shown, and the keys that move
 * it. */
#ifndef PYRO_TUI_LIST_H
#define PYRO_TUI_LIST_H

#include "tui/input.h"

struct list {
    int count, selected, first; /* first: the uppermost line shown */
    int rows;                   /* lines that are shown */
};

/* The list has this many entries and lines now; the cursor stays in it and in sight. */
void list_fit(struct list *l, int count, int rows);
void list_select(struct list *l, int index);
void list_move(struct list *l, int by);
/* Scrolls without moving the cursor further than it must. */
void list_scroll(struct list *l, int by);

/* What a mouse event did to a list whose first line is drawn in window row `top`. */
enum list_hit { LIST_MISSED, LIST_MOVED, LIST_CLICKED, LIST_OPENED /* by a double click */ };
enum list_hit list_mouse(struct list *l, const struct key_event *e, int top);

/* The rows of a key table that every list has, and what they do; A is the first of LIST_ACTIONS
 * actions. */
#define LIST_KEYS(A)                                                                               \
    { (A), "down", "Down j", NULL, "next" }, { (A) + 1, "up", "Up k", NULL, "previous" },          \
        { (A) + 2, "page-down", "PgDn Ctrl-d", NULL, "a page down" },                              \
        { (A) + 3, "page-up", "PgUp Ctrl-u", NULL, "a page up" },                                  \
        { (A) + 4, "first", "Home g", NULL, "first" }, { (A) + 5, "last", "End G", NULL, "last" }
#define LIST_ACTIONS 6
/* True when the action was one of those. */
bool list_action(struct list *l, int first_action, int action);

#endif
