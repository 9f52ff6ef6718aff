/*
 * The lines of the list: workspaces one by one, or in groups by the value of a label, each under a
 * head with its counts, and open or closed. Which label is kept (state.h); groups begin closed.
 */
#ifndef PYRO_TUI_GROUPS_H
#define PYRO_TUI_GROUPS_H

#include "tui/look.h"

struct group_line {
    struct watched_workspace *of; /* NULL: the head of a group */
    const char *value;            /* of the label, borrowed; "": without it */
    bool open;
    int count, looks[LOOK_COUNT]; /* of a head: how many there are */
};

struct groups {
    json_t *open; /* {value: true} */
    struct group_line *lines;
    size_t count, room;
};

/* The label; "": there are no groups. Borrowed. */
const char *groups_label(void);
/* Makes the lines. In groups, rows[] gets the groups' order: that of their first members. */
void groups_make(struct groups *g, struct watched_workspace **rows, size_t count);
void groups_release(struct groups *g);
bool groups_is_open(const struct groups *g, const char *value);
void groups_set_open(struct groups *g, const char *value, bool open);
/* Opens the one that this is in; make the lines again. */
void groups_reveal(struct groups *g, const struct watched_workspace *w);
/* The line of a workspace, or of a head; -1: none. */
int groups_find(const struct groups *g, const char *id);
int groups_find_head(const struct groups *g, const char *value);
/* Draws a head. */
void groups_draw_head(const struct group_line *l, WINDOW *win, int row, int cols, enum role line);
/* Asks by which label; tells when there is none. */
void groups_ask(struct app *app);

#endif
