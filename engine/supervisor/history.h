/*
 * Commands that ended, on their way into the history. One that cannot be written, usually for lack
 * of room, is kept here and tried again; the record says so until all are written.
 */
#ifndef PYRO_HISTORY_H
#define PYRO_HISTORY_H

#include "engine/supervisor/supervisor.h"

/* Takes `entry`. */
void history_add(struct supervisor *s, json_t *entry);
/* The history was cleared: entries not yet written are dropped. */
void history_forget(struct supervisor *s);
/* After the history was opened: continues with what a dead supervisor left. */
void history_take_over(struct supervisor *s);

#endif
