/*
 * Writing a stream of files (tree.h) below a directory, as hostile as it may be: nothing outside of
 * it is touched, no symbolic link is followed, whether the stream made it or it was there.
 */
#ifndef PYRO_TREE_WRITE_H
#define PYRO_TREE_WRITE_H

#include "vmm/base/tree.h"

struct tree_write {
    int dirfd;
    /* The root is a new entry of this name in dirfd; NULL: dirfd itself is the root, a directory
     * whose own mode and time stay. */
    const char *name;
    const char *label;  /* what errors call the root */
    uint32_t mode_mask; /* of the permission bits that are kept */
    /* Files and links that are there are replaced, each at once (rename(2)), and directories that
     * are there are used; else what is there is an error. */
    bool replace;
    uint64_t max_bytes,
        max_entries; /* of what it takes (tree_cost()), and of entries; 0: no limit */
    /* Told after each entry; may be NULL. False ends it. */
    bool (*progress)(void *arg, const struct tree_counts *counts, struct pyro_error *err);
    void *arg;
    enum tree_type *ret_root; /* what the root was: may be NULL */
};

/*
 * Writes it all, up to DONE. The process's umask must be 0 for modes to come out as they are.
 * Blocks. When it fails, what was written stays.
 */
bool tree_write(const struct tree_write *w, struct tree_input *in, struct tree_counts *ret,
                struct pyro_error *err) MUST_CHECK;

#endif
