/*
 * A machine that ends to go on later: `workspace suspend`, of which memory_ops.c does the capture.
 *
 *   prepared, held, stopped, captured               (memory_ops.c; the guest has synced its disk)
 *   a child writes the memory to .suspended         (the machine stands still)
 *   renamed to suspended; the record says SUSPENDED (from here on it is)
 *   QEMU ends, then this process
 *
 * Who asks for it: a client (workspace_suspend()), or this supervisor itself when nobody needs the machine
 * (idleness.h). Who lets it go on: the supervisor that a command starts which needs it (supervisor_connect(),
 * MACHINE_AWAKE) or `workspace start`; machine.c does it. Who drops the memory: suspend_drop(), for `stop` and
 * for a time to live that is over. Who compresses it: engine/client/pack.h.
 *
 * No new layer: the disk stays as new as the memory, as long as the record says so. machine.c changes the record
 * before the machine runs, and suspend_drop() before anything else may write to the disk: for good, both.
 */
#ifndef PYRO_SUPERVISOR_SUSPEND_H
#define PYRO_SUPERVISOR_SUSPEND_H

#include "engine/supervisor/supervisor.h"
#include "vmm/capture.h"

/* Whether nothing would be lost; before the preparations, and again when the guest is held. */
bool suspend_check(struct supervisor *s, struct pyro_error *err) MUST_CHECK;
/* Writes the captured machine; in a child. */
bool suspend_write(struct supervisor *s, const char *templates_dir, const json_t *machine,
                   const struct captured *captured, const struct buf *state,
                   struct pyro_error *err) MUST_CHECK;
/* The record says it, on the disk; and QEMU is told to end. False: the machine is to go on. */
bool suspend_commit(struct supervisor *s, struct pyro_error *err) MUST_CHECK;
/* Of one that does not run: nothing goes on any more, and the memory is dropped. */
bool suspend_drop(struct supervisor *s, struct pyro_error *err) MUST_CHECK;

#endif
