/*
 * One more layer on top of a disk, that is written here: an overlay as vmm/disk.c creates it, empty.
 * A cluster is copied into it when a part of it is first written; a whole one of zeros takes no
 * space. The overlay holds what was written once it is saved, and not before.
 */
#ifndef PYRO_IMAGE_OVERLAY_H
#define PYRO_IMAGE_OVERLAY_H

#include "engine/image/view/chain.h"

struct overlay;

/* Borrows the disk, and a descriptor of the empty overlay. PYRO_RECORD_INVALID. */
bool overlay_open(struct disk_version below, int fd, struct overlay **ret,
                  struct pyro_error *err) MUST_CHECK;
void overlay_free(struct overlay *o);
/* Reads what was written, and otherwise the disk below. The n bytes must lie within the disk. */
bool overlay_read(struct overlay *o, uint64_t at, void *ret, size_t n,
                  struct pyro_error *err) MUST_CHECK;
bool overlay_write(struct overlay *o, uint64_t at, const void *bytes, size_t n,
                   struct pyro_error *err) MUST_CHECK;
bool overlay_zero(struct overlay *o, uint64_t at, uint64_t n, struct pyro_error *err) MUST_CHECK;
/* Writes the tables, which make it a layer. Not synced. */
bool overlay_save(struct overlay *o, struct pyro_error *err) MUST_CHECK;

#endif
