/* What an inode has beside its mode, owner and times. */
#ifndef PYRO_IMAGE_VIEW_XATTR_H
#define PYRO_IMAGE_VIEW_XATTR_H

#include "engine/image/view/view.h"

/* A device's numbers. */
bool view_device(struct view *v, uint32_t inode, unsigned *ret_major, unsigned *ret_minor,
                 struct pyro_error *err) MUST_CHECK;
/* Each extended attribute by its full name ("user.x"), as listxattr(2) and getxattr(2) give it. False
 * ends it. */
typedef bool view_xattr_fn(void *arg, const char *name, const void *value, size_t size);
bool view_each_xattr(struct view *v, uint32_t inode, view_xattr_fn *fn, void *arg,
                     struct pyro_error *err) MUST_CHECK;

#endif
