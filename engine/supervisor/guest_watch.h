/*
 * Whether the guest still answers while somebody waits for something in it that may be silent as
 * long as it likes, such as a command without a timeout. The guest program itself always answers:
 * it is asked now and then, and when no answer comes for STREAM_SILENCE_MS, those who wait are told,
 * and told again when it comes. Nothing is given up: they decide.
 */
#ifndef PYRO_SUPERVISOR_GUEST_WATCH_H
#define PYRO_SUPERVISOR_GUEST_WATCH_H

#include "engine/supervisor/supervisor.h"

/* Passes words to all who wait (NULL: to nobody), and says whether anybody does. */
typedef bool guest_watch_tell_fn(struct supervisor *s, const char *words);

/* Somebody waits from now on. `tell` is always the same. */
void guest_watch(struct supervisor *s, guest_watch_tell_fn *tell);
void guest_watch_end(struct supervisor *s, const struct pyro_error *why);

#endif
