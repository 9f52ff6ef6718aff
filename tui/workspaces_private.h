/* Shared by the files of the list of workspaces: drawing is in workspaces.c, keys are in
 * workspaces_keys.c. */
#ifndef PYRO_TUI_WORKSPACES_PRIVATE_H
#define PYRO_TUI_WORKSPACES_PRIVATE_H

#include "tui/app.h"
#include "tui/details.h"
#include "tui/field.h"
#include "tui/list.h"
#include "tui/table.h"

struct workspaces {
    struct screen screen;
    struct model_listener listener;
    struct watched_workspace **rows; /* those that pass the filter, in order; made by gather() */
    size_t count, room;
    struct list list;
    char selected[WORKSPACE_ID_LENGTH + 1];
    int order; /* see table.h */
    struct field filter;
    bool typing; /* into the filter */
    struct details details;
    struct watched_workspace **targets; /* of an action: room for all */
};

/* Makes the rows. The cursor stays with its workspace, or where that was. */
void workspaces_gather(struct workspaces *w);
/* The workspace that the cursor is on is the one that stays selected. */
void workspaces_keep_selected(struct workspaces *w);
/* NULL: none. */
struct watched_workspace *workspaces_selected(struct workspaces *w);

extern const struct key_binding workspaces_keys[];
/* For the key "open", and a double click. */
void workspaces_watch(struct screen *s, int arg);
bool workspaces_can_watch(struct screen *s, int arg);

#endif
