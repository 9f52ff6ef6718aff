/* Whether two inodes, of one view or of two, hold the same. */
#ifndef PYRO_IMAGE_VIEW_SAME_H
#define PYRO_IMAGE_VIEW_SAME_H

#include "engine/image/view/view.h"

/* Of two regular files; reads them up to the first difference. */
bool view_same_bytes(struct view *v, uint32_t inode, struct view *other, uint32_t other_inode,
                     bool *ret, struct pyro_error *err) MUST_CHECK;
/* Of two symbolic links. */
bool view_same_target(struct view *v, uint32_t inode, struct view *other, uint32_t other_inode,
                      bool *ret, struct pyro_error *err) MUST_CHECK;
/* Of two devices. */
bool view_same_device(struct view *v, uint32_t inode, struct view *other, uint32_t other_inode,
                      bool *ret, struct pyro_error *err) MUST_CHECK;
/* The extended attributes of any two; those that are stored in another order count as others. */
bool view_same_xattrs(struct view *v, uint32_t inode, struct view *other, uint32_t other_inode,
                      bool *ret, struct pyro_error *err) MUST_CHECK;

#endif
