/*
 * The machine held still, so that its memory can be captured and a copy of it can become another
 * machine before anything in it draws a random number: the requests `hold` and `release`. It has
 * nothing to do with freeze.h, which stops the file system for a moment.
 *
 * `hold` freezes every control group that this program made for a command, shell or service, and is
 * answered once all their processes are still: {"shells": {ID: offset of its output's end, …}}. It
 * lasts until `release`, the end of `begin`, or a shutdown, whoever asks for them: a host that dies
 * meanwhile has a successor, and a copy of this machine has a host of its own. A `hold` that is
 * cancelled before its answer holds nothing.
 *
 * With "lean": true the disk has all that was written, and where the cache of files has grown since
 * the machine began it is dropped: what is captured is smaller, what is read after it slower.
 */
#ifndef PYRO_GUEST_HOLD_H
#define PYRO_GUEST_HOLD_H

#include "guest/guest.h"

bool hold_op_hold(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err);
bool hold_op_release(struct guest *g, const json_t *request, json_t **ret, struct pyro_error *err);
/* The machine begins: its cache is as in its template. */
void hold_note_caches(void);
/* Lets everything go on; no effect when nothing is held. */
void hold_release(struct guest *g);

#endif
