/* The attributes of a tar member beyond mode and owner, from a file system. */
#ifndef PYRO_IMAGE_ENTRY_ATTRIBUTES_H
#define PYRO_IMAGE_ENTRY_ATTRIBUTES_H

#include <archive_entry.h>

#include "engine/image/view/view.h"

/* Gives an entry an inode's ACLs, and of its extended attributes those that images have: user's, and
 * capabilities. */
bool entry_attributes_add(struct view *v, uint32_t inode, struct archive_entry *entry,
                          struct pyro_error *err) MUST_CHECK;

#endif
