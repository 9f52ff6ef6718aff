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
/* Scrolls so that as many of the lines behind the cursor are seen, up to `last`, as fit with its own. */
void list_show_to(struct list *l, int last);
/* Scrolls without moving the cursor further than it must. */
void list_scroll(struct list *l, int by);

/* The effect of a mouse event on a list whose first line is drawn in window row `top`. */
enum list_hit { LIST_MISSED, LIST_MOVED, LIST_CLICKED, LIST_OPENED /* by a double click */ };
enum list_hit list_mouse(struct list *l, const struct key_event *e, int top);

enum list_step { LIST_DOWN, LIST_UP, LIST_PAGE_DOWN, LIST_PAGE_UP, LIST_FIRST, LIST_LAST };
void list_step(struct list *l, enum list_step step);
/* The rows of a key table that every list has; ACT gets the step. What follows it is in each row:
 * .can = … */
#define LIST_KEYS(ACT, ...)                                                                        \
    LIST_KEY(LIST_DOWN, "down", "Down j", "next", ACT, ##__VA_ARGS__),                             \
        LIST_KEY(LIST_UP, "up", "Up k", "previous", ACT, ##__VA_ARGS__),                           \
        LIST_KEY(LIST_PAGE_DOWN, "page-down", "PgDn Ctrl-d", "a page down", ACT, ##__VA_ARGS__),   \
        LIST_KEY(LIST_PAGE_UP, "page-up", "PgUp Ctrl-u", "a page up", ACT, ##__VA_ARGS__),         \
        LIST_KEY(LIST_FIRST, "first", "Home g", "first", ACT, ##__VA_ARGS__),                      \
        LIST_KEY(LIST_LAST, "last", "End G", "last", ACT, ##__VA_ARGS__)
#define LIST_KEY(STEP, NAME, KEYS, HELP, ACT, ...)                                                 \
    { NAME, KEYS, NULL, HELP, .act = ACT, .arg = STEP, .group = KEYS_NAVIGATE, ##__VA_ARGS__ }

#endif
