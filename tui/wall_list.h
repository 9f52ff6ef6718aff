/*
 * The shells that are on the wall, in order: pinned ones, others, and idle ones where there are
 * many; those of a kind by workspace and number. A shell keeps its tile as long as it is there.
 */
#ifndef PYRO_TUI_WALL_LIST_H
#define PYRO_TUI_WALL_LIST_H

#include "tui/wall_news.h"
#include "tui/wall_tile.h"

struct wall_list {
    struct wall_tile **tiles;
    int count;
    int idle;       /* of them, the last, are idle and shown in little room */
    int workspaces; /* that have tiles */
    bool marked;    /* only the marked workspaces are on it */
    struct wall_news news;
};

void wall_list_init(struct wall_list *l);
void wall_list_release(struct wall_list *l);
/* The workspaces that are on the wall, by name; new. Notes whether they are the marked ones. */
struct watched_workspace **wall_list_workspaces(struct wall_list *l, struct model *m,
                                                size_t *ret_count);
/* As the model has it now. New tiles are of this wall. */
void wall_list_gather(struct wall_list *l, struct wall *wall, struct model *m);
/* Puts them in order, for so much room. */
void wall_list_sort(struct wall_list *l, struct model *m, int rows, int cols);
/* Where a tile is, which may be gone; -1: not on the wall. */
int wall_list_find(const struct wall_list *l, const struct wall_tile *tile);
/* Where the shell of a workspace is that asks, or else printed last, or else any of it; -1: none of
 * it is on the wall. NULL is fine. */
int wall_list_find_of(const struct wall_list *l, const struct watched_workspace *of);
/* The next tile by urgency that needs someone, behind the one at `from`, or else the first; -1: none
 * does. What asks comes first, then what failed, and what only wants to be noticed. */
int wall_list_next_urgent(const struct wall_list *l, const struct model *m, int from);

#endif
