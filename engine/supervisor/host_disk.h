/*
 * When the host's disk is full. QEMU stops the machine at a write that finds no room, and tries
 * that write again when it goes on: so nothing is lost, and it is tried again and again. Meanwhile
 * the workspace stays `started`, with paused_reason and a last error that go once the machine has
 * gone on.
 */
#ifndef PYRO_HOST_DISK_H
#define PYRO_HOST_DISK_H

#include "engine/supervisor/supervisor.h"

/* Keeps some room for what must be written on a full disk. */
void host_disk_reserve(struct supervisor *s);
/* Writes the record, from that room if need be. */
void host_disk_save_record(struct supervisor *s);
/* What is told of a full disk. */
void host_disk_error(struct pyro_error *err);
/* The machine stands still. Requests about files and disks that are under way end with `why`;
 * commands stand still with the machine. */
void host_disk_is_full(struct supervisor *s, const struct pyro_error *why);
/* Lets it go on, if it stands still; again and again as long as it does not. */
void host_disk_try(struct supervisor *s);

#endif
