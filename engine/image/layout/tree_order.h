/* All of a file system, a directory before what is in it, in the order of names. */
#ifndef PYRO_IMAGE_TREE_ORDER_H
#define PYRO_IMAGE_TREE_ORDER_H

#include "engine/image/view/view.h"

/* Whether what has this path belongs to the one machine that made it, with all in it. */
bool tree_is_of_machine(const char *path);

/* The path has no slash in front; the root's is ".". False ends the walk, with *err set. */
typedef bool tree_order_fn(void *arg, const char *path, const struct view_inode *i,
                           struct pyro_error *err);
/* What is a machine's own is left out, with all in it. PYRO_IO: it is damaged. */
bool tree_order_each(struct view *v, tree_order_fn *fn, void *arg,
                     struct pyro_error *err) MUST_CHECK;

#endif
