/* Shared by the files of the list of workspaces: drawing is in workspaces.c, of its first line in
 * workspaces_head.c, keys are in workspaces_keys.c, the one for what needs the operator in
 * workspaces_urgent.c. */
#ifndef PYRO_TUI_WORKSPACES_PRIVATE_H
#define PYRO_TUI_WORKSPACES_PRIVATE_H

#include "engine/workspace/host_figures.h"
#include "tui/app.h"
#include "tui/details.h"
#include "tui/groups.h"
#include "tui/list.h"
#include "tui/list_find.h"
#include "tui/look.h"
#include "tui/table.h"

struct workspaces {
    struct screen screen;
    struct model_listener listener;
    struct watched_workspace **rows; /* those that pass the filter, in order; made by gather() */
    size_t count, room;
    struct groups groups;                   /* the lines, made from the rows */
    struct list list;                       /* of lines */
    char selected[WORKSPACE_ID_LENGTH + 1]; /* "": none, or the cursor is on a head: */
    char *head;                             /* its value; NULL: it is not */
    bool reveals;                           /* the selected one, if its group is closed */
    char viewed[WORKSPACE_ID_LENGTH + 1];   /* that the key for what needs someone went to last */
    int order;                              /* see table.h */
    bool reversed;                          /* … the other way round */
    struct columns table;                   /* as it was drawn last */
    struct list_find find;
    struct host_figures host;
    struct {
        int from, to; /* columns of the first line */
    } chips[LOOK_COUNT];
    enum { AWAIT_NOTHING, AWAIT_BOOKMARK, AWAIT_PLACE } awaits; /* what the next key says */
    struct details details;
    struct watched_workspace **targets; /* of an action: room for all */
};

/* Makes the rows. The cursor stays with its workspace, or where that was. */
void workspaces_gather(struct workspaces *w);
/* The workspace that the cursor is on is the one that stays selected. */
void workspaces_keep_selected(struct workspaces *w);
/* Puts the cursor on it, and opens its group. */
void workspaces_reveal(struct workspaces *w, const struct watched_workspace *which);
/* NULL: none. */
struct watched_workspace *workspaces_selected(struct workspaces *w);

/* Sorts by a column; by the one that it is sorted by already: the other way round. */
void workspaces_sort_by(struct workspaces *w, int order);
/* Shows what is in a state, or all again if only that is shown. */
void workspaces_show_only(struct workspaces *w, enum look look);

/* Once the rows are drawn: what they leave out is counted here, or over their titles, which have so
 * many columns; 0: none. */
void workspaces_draw_head(struct workspaces *w, WINDOW *win, int titles);
/* The count that a mouse event is on, an enum look; -1: none. */
int workspaces_chip_at(const struct workspaces *w, const struct key_event *e);

/* Whether there is something that can be acknowledged. */
bool workspaces_has_news(const struct watched_workspace *w);
/* What the key for what needs someone goes to; and going there. */
bool workspaces_needs_eye(const struct watched_workspace *w);
void workspaces_next_attention(struct screen *s, int arg);
/* What is done to workspaces, and to which. */
enum target {
    TARGET_START,
    TARGET_SUSPEND,
    TARGET_STOP,
    TARGET_DELETE,
    TARGET_ANSWER,
    TARGET_ACKNOWLEDGE
};
bool workspaces_is_target(const struct watched_workspace *one, int what);
/* Fills w->targets with what one of these would act on, by name: the marked workspaces if there are
 * any, including those that the filter hides, else the one at the cursor. */
size_t workspaces_find_targets(struct workspaces *w, int what);
/* What the keys say that start one after a question, and those that find_targets() finds. */
const char *workspaces_says_offer(struct screen *s, int arg);
const char *workspaces_says_start(struct screen *s, int what);

/* The key that a bookmark was awaited from. */
void workspaces_take_bookmark(struct workspaces *w, const struct key_event *e);

extern const struct key_binding workspaces_keys[];

#endif
