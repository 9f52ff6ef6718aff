/*
 * Changes to files that all happen, or none.
 *
 * New contents are staged first, in a directory of their own beside the files they replace (so on
 * the same file system): change N is the name "N" there. Committing then only renames: a replaced
 * file changes places with the staged one, a removed one moves into the stage. Each step is
 * recorded and, when a later one fails, undone in reverse order. A process that looks at one path
 * sees the old or the new file, never none and never a part.
 */
#ifndef PYRO_GUEST_FILE_COMMIT_H
#define PYRO_GUEST_FILE_COMMIT_H

#include "guest/file_beneath.h"

struct file_change {
    enum file_action action;
    enum file_expect expect;
    uint32_t mode; /* or FILE_MODE_KEEP */
    uint64_t inode, ctime_ns, size_bytes;
    bool replaces; /* something is there that it changes places with */
    char *path;
};

struct file_step;

struct file_commit {
    int root;         /* /workspace */
    int stage_parent; /* the directory that holds the stage; -1: nothing is staged yet */
    int stage;
    char stage_parent_path[FILE_PATH_MAX + 1];
    char stage_name[32];
    bool survives;   /* the disk's content outlives this program */
    bool keep_stage; /* it holds files that could not be put back */
    struct file_change *changes;
    unsigned change_count, change_capacity;
    unsigned synced; /* of the changes, in their order */
    struct file_step *steps;
    unsigned step_count, step_capacity;
};

/* Zeroed, with root set (taken by file_commit_release). */
void file_commit_init(struct file_commit *c, int root, bool survives);
/* Removes the stage and frees everything. */
void file_commit_release(struct file_commit *c);
/* Makes the stage in `base`, or in its nearest ancestor that exists. */
bool file_commit_stage(struct file_commit *c, const char *base, struct pyro_error *err) MUST_CHECK;
/* A new change, zeroed; NULL when there are too many or no memory. Its path is taken. */
struct file_change *file_commit_add(struct file_commit *c, char *path,
                                    struct pyro_error *err) MUST_CHECK;
/* Opens the staged file of the last change for writing; -1 on failure. */
int file_commit_open(struct file_commit *c, struct pyro_error *err) MUST_CHECK;
bool file_commit_link(struct file_commit *c, const char *target, struct pyro_error *err) MUST_CHECK;
/* Checks the expectations, and gives the staged files their modes. */
bool file_commit_check(struct file_commit *c, struct pyro_error *err) MUST_CHECK;
/*
 * Files must be on the disk before they are put in place, so that a crash of the machine leaves old
 * contents or new, never empty files: opens the next up to `max` staged files, for the caller to
 * sync and close, and returns how many. 0: no more.
 */
unsigned file_commit_open_unsynced(struct file_commit *c, int *ret_fds, unsigned max);
/* Puts everything in place, or fails and leaves everything as it was. */
bool file_commit_rename(struct file_commit *c, struct pyro_error *err) MUST_CHECK;

#endif
