/*
 * The filter of a screen that is a list: a line at its end, typed into as the list changes with it.
 * A screen that has one (screen->find) gets its keys from LIST_FIND_KEYS; the frame does the rest.
 */
#ifndef PYRO_TUI_LIST_FIND_H
#define PYRO_TUI_LIST_FIND_H

#include "tui/filter.h"
#include "tui/list.h"
#include "vmm/base/json.h"

struct list_find {
    struct field field;
    struct filter filter;
    bool typing;
    enum role ground; /* of what it is drawn on */
    int row;          /* of the window, where it was drawn last */
};

/* Whether it takes a line of its own: it is typed into, or there is a filter. */
bool list_find_is_shown(const struct list_find *f);
/* The last `row` of the list. */
void list_find_draw(struct list_find *f, WINDOW *win, int row, int cols);
/* What is typed; true: taken. Up and Down are left to the list. */
bool list_find_event(struct list_find *f, const struct key_event *e);
void list_find_set(struct list_find *f, const char *text);
void list_find_release(struct list_find *f);
/* Of an array the objects that pass, as an array of its own; new. */
json_t *list_find_rows(struct list_find *f, const struct columns *t, json_t *all);

/* Before what else Esc does; what follows is in the row that begins it: .can = … */
#define LIST_FIND_KEYS(...)                                                                        \
    { "clear",                                                                                     \
      "Esc",                                                                                       \
      "show all",                                                                                  \
      "show all again",                                                                            \
      .act = screen_show_all,                                                                      \
      .can = screen_is_filtered,                                                                   \
      .group = KEYS_VIEW },                                                                        \
    {                                                                                              \
        "filter", "/", "filter", "words, COLUMN:x, -not, /regex/", .act = screen_filter,           \
            .group = KEYS_VIEW, ##__VA_ARGS__                                                      \
    }

#endif
