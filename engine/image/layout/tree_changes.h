/* What one layer of an image has to say of what changed between two views of a disk. */
#ifndef PYRO_IMAGE_TREE_CHANGES_H
#define PYRO_IMAGE_TREE_CHANGES_H

#include "engine/image/view/view.h"

/* The path has no slash in front; the root's is ".". `i` NULL: what had that name is gone, with all
 * that was in it. False ends the walk, with *err set. */
typedef bool tree_change_fn(void *arg, const char *path, const struct view_inode *i,
                            struct pyro_error *err);
/*
 * Each entry of `now` that `then` does not have, or not like that, a directory before what is in it,
 * in the order of names; and each name that is gone. Of a file with several names all of them come
 * or none, so that a reader who knows only these can link them. What is a machine's own
 * (tree_is_of_machine) and sockets are in neither. PYRO_IO: the disk is damaged.
 */
bool tree_changes_each(struct view *then, struct view *now, tree_change_fn *fn, void *arg,
                       struct pyro_error *err) MUST_CHECK;

#endif
