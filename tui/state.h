/*
 * What the interface keeps over its end, in tui.json of paths_state(): one file for all interfaces
 * that run, so a change reads it again first. A member is one row in state.c.
 */
#ifndef PYRO_TUI_STATE_H
#define PYRO_TUI_STATE_H

#include "tui/app.h"

struct state {
    json_t *bookmarks; /* {"LETTER": workspace id}; NULL: none */
    char *group;       /* the label by which the list is in groups; NULL: it is not */
    json_t *pins;      /* {"WORKSPACE/SHELL": "wall"}; NULL: none */
};

/* Reads it. What cannot be used is told, and taken as if nothing had been kept. */
void state_init(struct app *app);
void state_release(void);
/* As it was read or changed last. Borrowed. */
const struct state *state_get(void);
/* Changes it, and keeps it. That it cannot be written is told; it is changed all the same. */
typedef void state_change_fn(struct state *state, void *arg);
void state_change(struct app *app, state_change_fn *change, void *arg);

#endif
