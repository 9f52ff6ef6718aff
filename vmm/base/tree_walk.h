/*
 * Walking a tree of files on disk: to see whether all of it can be read, and to put it into a
 * stream (tree.h).
 *
 * Nothing is left out: what cannot be read, and what is no file, directory or link (a socket, a
 * FIFO, a device), is an error that names it. Symbolic links are never followed. At most a few
 * descriptors are open at a time, however deep the tree is. Names that appear or vanish while it is
 * walked are no error; a file that shrinks is.
 */
#ifndef PYRO_TREE_WALK_H
#define PYRO_TREE_WALK_H

#include "vmm/base/tree.h"

struct tree_walk {
    int dirfd;
    const char *name;        /* of the root, in dirfd; NULL: dirfd is the root, a directory */
    const char *label;       /* what errors call the root */
    struct tree_output *out; /* NULL: only look */
    /* Told after each entry; may be NULL. False ends the walk. */
    bool (*progress)(void *arg, const struct tree_counts *counts, struct pyro_error *err);
    void *arg;
};

/* Walks it all. DONE is not put. */
bool tree_walk(const struct tree_walk *w, struct tree_counts *ret,
               struct pyro_error *err) MUST_CHECK;

#endif
