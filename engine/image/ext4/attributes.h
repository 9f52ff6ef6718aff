/* Extended attributes and POSIX ACLs of an archive's member. */
#ifndef PYRO_IMAGE_ATTRIBUTES_H
#define PYRO_IMAGE_ATTRIBUTES_H

#include <archive_entry.h>

#include "engine/image/ext4/tree.h"

/*
 * Takes over the attributes of the namespaces that Linux knows; others (of other systems) are left
 * out and counted in *skipped. PYRO_INVALID_ARGUMENT when they need more than one block.
 */
bool attributes_take(struct archive_entry *entry, struct inode *i, uint64_t *skipped,
                     struct pyro_error *err) MUST_CHECK;
/* Whether an attribute may be one that was taken over so: not what Linux, or pyro, noted. */
bool attributes_may_be_taken(const char *name);

#endif
