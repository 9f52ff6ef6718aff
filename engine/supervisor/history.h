/*
 * Commands that ended, on their way into the history. One that cannot be written, for lack of room
 * above all, is kept here and tried again; the record says so until all are written.
 */
#ifndef PYRO_HISTORY_H
#define PYRO_HISTORY_H

#include "engine/supervisor/supervisor.h"

/* Takes `entry`. */
void history_add(struct supervisor *s, json_t *entry);
/* The history was cleared, or was a dead supervisor's: what is not written never will be. */
void history_forget(struct supervisor *s);

#endif
