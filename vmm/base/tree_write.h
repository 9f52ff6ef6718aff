/*
 * Writing a stream of files (tree.h) below a directory, however hostile it is: nothing outside it
 * is touched, no symbolic link is followed, whether the stream made it or not.
 */
#ifndef PYRO_TREE_WRITE_H
#define PYRO_TREE_WRITE_H

#include <sys/stat.h>

#include "vmm/base/tree.h"

struct tree_write {
    int dirfd;
    /* The root is a new entry of this name in dirfd; NULL: dirfd itself is the root, a directory
     * whose own mode and time stay. */
    const char *name;
    const char *label;        /* what errors call the root */
    uint32_t mode_mask;       /* of the permission bits that are kept */
    const struct stat *owner; /* whose what is made becomes; NULL: this process's */
    /* Existing files and links are replaced, each atomically (rename(2)), and existing directories
     * are used; else an existing one is an error. */
    bool replace;
    uint64_t max_bytes,
        max_entries; /* of the space it takes (tree_cost()), and of entries; 0: no limit */
    /* Told after each entry; may be NULL. False ends it. */
    bool (*progress)(void *arg, const struct tree_counts *counts, struct pyro_error *err);
    void *arg;
    enum tree_type *ret_root; /* the root's type; may be NULL */
};

/*
 * Writes it all, up to DONE. The process's umask must be 0 for modes to come out as they are.
 * Blocks. When it fails, what was written stays.
 */
bool tree_write(const struct tree_write *w, struct tree_input *in, struct tree_counts *ret,
                struct pyro_error *err) MUST_CHECK;

#endif
