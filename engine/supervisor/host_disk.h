/*
 * When the host's disk is full. QEMU pauses the machine at a write that finds no room, and retries
 * that write when it is resumed: so nothing is lost, and it is retried again and again. Meanwhile
 * the workspace stays `started`, with paused_reason and a last error that are cleared once the
 * machine runs again.
 */
#ifndef PYRO_HOST_DISK_H
#define PYRO_HOST_DISK_H

#include "engine/supervisor/supervisor.h"

/* Reserves some room for what must be written on a full disk. */
void host_disk_reserve(struct supervisor *s);
/* Writes the record, from that room if need be. */
void host_disk_save_record(struct supervisor *s);
/* The machine is paused. Pending requests about files and disks end with `why`; commands pause with
 * the machine. */
void host_disk_is_full(struct supervisor *s, const struct pyro_error *why);
/* Resumes it if it is paused; again and again until it runs. */
void host_disk_try(struct supervisor *s);

#endif
