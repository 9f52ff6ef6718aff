/*
 * A patch on files: the new state of each file it names, computed in memory. A patch may touch one
 * file several times, or move files around each other; each step sees the results of the ones
 * before.
 */
#ifndef PYRO_IMAGE_PATCH_TREE_H
#define PYRO_IMAGE_PATCH_TREE_H

#include "engine/image/patch/patch.h"
#include "vmm/base/file_records.h"
#include "vmm/base/json.h"

#define PATCH_FILE_MAX_BYTES (64 * 1024 * 1024)   /* of one file, before and after */
#define PATCH_FILES_MAX_BYTES (256 * 1024 * 1024) /* of all */

struct patch_state {
    enum file_kind kind; /* FILE_MISSING: it does not exist */
    uint32_t mode;       /* permission bits */
    const char *bytes;   /* its text, or its target */
    size_t length;
};

struct patch_entry {
    const char *path; /* of the patch */
    uint64_t inode, ctime_ns, size_bytes;
    bool too_large;
    struct patch_state before, now;
    char *owned; /* now.bytes, if the patch made them; before.bytes are the reader's */
};

struct patch_tree {
    struct patch_entry *entries; /* by path */
    size_t count;
};

/* An entry for each path of the patch, which must outlive the tree. */
bool patch_tree_init(struct patch_tree *t, const struct patch *p,
                     struct pyro_error *err) MUST_CHECK;
void patch_tree_release(struct patch_tree *t);
/* The paths, as a file_read request takes them (vmm/base/file_records.h). */
bool patch_tree_put_paths(const struct patch_tree *t, struct buf *ret,
                          struct pyro_error *err) MUST_CHECK;
/* Takes the answer of a file_read request to them; n bytes, borrowed and changed: they must outlive
 * the tree. */
bool patch_tree_take_files(struct patch_tree *t, char *bytes, size_t n,
                           struct pyro_error *err) MUST_CHECK;
/* All files of the patch. PYRO_PATCH_REJECTED, PYRO_WRONG_FILE_TYPE. */
bool patch_tree_apply(struct patch_tree *t, const struct patch *p,
                      struct pyro_error *err) MUST_CHECK;
/* The changes, as a file_write request takes them. */
bool patch_tree_put_changes(const struct patch_tree *t, struct buf *ret,
                            struct pyro_error *err) MUST_CHECK;
/* [{path, status}] of the changed files, new. */
json_t *patch_tree_report(const struct patch_tree *t);

#endif
