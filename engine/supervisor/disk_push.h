/*
 * A new layer on top of a running machine's disk, in steps: listed, given to QEMU, written to. The
 * record lists it as the active one before QEMU has it, which is right even after a crash: a layer
 * that nothing was written to changes nothing. All of it blocks, for milliseconds.
 */
#ifndef PYRO_SUPERVISOR_DISK_PUSH_H
#define PYRO_SUPERVISOR_DISK_PUSH_H

#include "engine/supervisor/supervisor.h"

/* Lists and creates a layer on `parent` as the active one; the record is on the disk. */
bool disk_push_layer(struct supervisor *s, uint32_t parent, uint32_t *ret_id,
                     struct pyro_error *err) MUST_CHECK;
/* Removes a layer that QEMU does not write to. */
void disk_pop_layer(struct supervisor *s, uint32_t below);
/* Gives QEMU the layer `above`, on which it can be switched. */
bool disk_push_ready(struct supervisor *s, uint32_t below, uint32_t above,
                     struct pyro_error *err) MUST_CHECK;
/* QEMU writes to it from here on. */
bool disk_push_switch(struct supervisor *s, uint32_t below, uint32_t above,
                      struct pyro_error *err) MUST_CHECK;
/* Takes all of it back, unless QEMU writes to it. */
void disk_push_undo(struct supervisor *s, uint32_t below, uint32_t above);
/* The layer that QEMU's disk writes to; false when it does not say. */
bool disk_ask_top(struct supervisor *s, uint32_t *ret_id);

#endif
