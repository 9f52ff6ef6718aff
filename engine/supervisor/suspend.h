/*
 * A machine that ends to go on later: `workspace suspend`, of which memory_ops.c does the capture.
 *
 *   prepared, held, stopped, captured               (memory_ops.c; the guest has synced its disk)
 *   a child writes the memory to .suspended         (the machine stands still)
 *   renamed to suspended; the record says SUSPENDED (from here on it is)
 *   QEMU ends, then this process
 *
 * No new layer: the disk stays as new as the memory, as long as the record says so. Whoever lets the
 * machine go on, or lets anything else write to the disk, changes the record first, and for good.
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
