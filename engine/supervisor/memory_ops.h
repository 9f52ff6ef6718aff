/*
 * Capturing the machine with its memory: `snapshot create --memory`, forks of it, and `suspend`, which has no new
 * layer and does not let the machine go on (suspend.h).
 *
 *   the disk is flushed, a new layer is made ready, room for the memory is made   (the machine runs)
 *   the guest holds its processes still                                           (hold)
 *   stop; the new layer takes the writes; devices and memory are copied; cont     (the pause)
 *   the guest lets them go on                                                     (release)
 *   a child writes it all to snapshots/.new; renamed; the record names it, or a holder has it
 *
 * A supervisor that dies on the way leaves a listed layer, a machine that is paused or held, or a
 * directory without a snapshot: its successor continues the machine (host_disk_try()), lets it go
 * (memory_ops_adopt()), and sweeps the rest.
 */
#ifndef PYRO_SUPERVISOR_MEMORY_OPS_H
#define PYRO_SUPERVISOR_MEMORY_OPS_H

#include "engine/supervisor/supervisor.h"

/*
 * {"op": "memory", "do": "snapshot", "name": NAME}: {pause_us, memory_bytes};
 * {"op": "memory", "do": "hold"}: the message {layer, frozen, memory, pause_us, memory_bytes}, of a
 * layer as "disk" "hold" has it, and the number of the captured machine (memory_files.h) that is kept
 * until the stream is closed.
 * {"op": "memory", "do": "suspend"}: the record, once the machine has ended.
 */
supervisor_op_fn memory_ops_dispatch;
/* Suspends it, unless something prevents that (false), or a client comes before it is. */
bool memory_ops_suspend_idle(struct supervisor *s, struct pyro_error *err) MUST_CHECK;
/* The guest of an adopted machine answers: nothing of it is held any more. */
void memory_ops_adopt(struct supervisor *s);
/* A client's connection is closing: nothing waits there any more. */
void memory_ops_client_gone(struct supervisor *s, const struct link *client);
/* The capture in progress, if any, has failed. */
void memory_ops_fail(struct supervisor *s, const struct pyro_error *why);

#endif
