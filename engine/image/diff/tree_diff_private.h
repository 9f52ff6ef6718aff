/* Shared by the two halves of the diff: the walk (tree_diff.c), and the report on one path
 * (tree_diff_entry.c). */
#ifndef PYRO_IMAGE_TREE_DIFF_PRIVATE_H
#define PYRO_IMAGE_TREE_DIFF_PRIVATE_H

#include "engine/image/diff/tree_diff.h"
#include "vmm/base/buf.h"

/* A path on one side; number 0: it does not exist. */
struct diff_node {
    struct view *view;
    struct view_inode inode;
};

struct tree_diff {
    struct view *then, *now;
    uint8_t *changed;    /* a bit per inode */
    uint8_t *visited[2]; /* directories, then and now */
    uint32_t inodes;
    struct buf path; /* where the walk is, relative */
    json_t *entries, *left_out;
    size_t left_out_count;
    size_t patch_bytes; /* of all entries */
    bool textless;      /* no patch here: it would need something no patch can express */
};

/* Compares one path that may have changed, and reports it. Entries below directories are not its
 * job. A directory's change (`what`) is reported only when `empty`. */
bool tree_diff_entry(struct tree_diff *d, const struct diff_node *a, const struct diff_node *b,
                     bool empty, struct pyro_error *err) MUST_CHECK;

#endif
