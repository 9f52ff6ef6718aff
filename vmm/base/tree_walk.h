/*
 * Walking a tree of files on disk: to see whether all of it can be read, and to put it into a
 * stream (tree.h).
 *
 * An unreadable entry is an error that names it. Anything but a file, directory or link (a socket,
 * a FIFO, a device) cannot be copied: below a directory it is skipped and named, as a root it is an
 * error. Symbolic links are never followed. At most a few descriptors are open at a time, however
 * deep the tree is. Names that appear or vanish while it is walked are not an error; a file that
 * shrinks is.
 */
#ifndef PYRO_TREE_WALK_H
#define PYRO_TREE_WALK_H

#include "vmm/base/json.h"
#include "vmm/base/tree.h"

/* The skipped entries: how many, and the paths of the first ones below the root. */
#define TREE_SKIPPED_BYTES_MAX 8192
struct tree_skipped {
    json_t *paths; /* array of strings; NULL until there is one */
    size_t bytes;
    uint64_t count;
};
void tree_skipped_release(struct tree_skipped *s);
#define scoped_tree_skipped __attribute__((cleanup(tree_skipped_release))) struct tree_skipped

struct tree_walk {
    int dirfd;
    const char *name;             /* of the root, in dirfd; NULL: dirfd is the root, a directory */
    const char *label;            /* what errors call the root */
    struct tree_output *out;      /* NULL: only look */
    struct tree_skipped *skipped; /* NULL: these are errors */
    /* Told after each entry; may be NULL. False ends the walk. */
    bool (*progress)(void *arg, const struct tree_counts *counts, struct pyro_error *err);
    void *arg;
};

/* Walks it all. DONE is not put. */
bool tree_walk(const struct tree_walk *w, struct tree_counts *ret,
               struct pyro_error *err) MUST_CHECK;

#endif
