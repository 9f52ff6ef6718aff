/*
 * The ext4 file system on a disk as of one of its layers, read without mounting it. The image is
 * the guest's: damage is an error (PYRO_IO, with the place), never a crash, never an endless walk.
 * Nothing is ever written.
 *
 * Files are known by inode number, as the file system has it: walk directories with view_each(),
 * starting at VIEW_ROOT or at the result of view_find().
 */
#ifndef PYRO_IMAGE_VIEW_H
#define PYRO_IMAGE_VIEW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/image/view/chain.h"
#include "vmm/base/error.h"

#define VIEW_ROOT 2
#define VIEW_NAME_MAX 255
#define VIEW_TARGET_MAX 4096

struct view;
struct journal;

/* Borrows the disk. If the machine did not end cleanly, its journal is read instead of being
 * replayed. PYRO_IO: no ext4; PYRO_WORKSPACE_STATE: a journal that only Linux can replay. */
bool view_open(struct disk_version d, struct view **ret, struct pyro_error *err) MUST_CHECK;
void view_free(struct view *v);
/* The journal that is read with the disk, the view's own; NULL: there is nothing in it. */
const struct journal *view_journal(const struct view *v);

struct view_inode {
    uint32_t number;
    uint32_t mode; /* with the type: S_ISREG() and so on */
    uint32_t uid, gid, links, generation;
    uint64_t size; /* bytes; 0 for devices */
    int64_t mtime; /* epoch seconds */
    uint32_t mtime_ns;
};
bool view_stat(struct view *v, uint32_t inode, struct view_inode *ret,
               struct pyro_error *err) MUST_CHECK;

/* An entry of a directory; `name` is not terminated, may be any bytes but NUL and '/', and is valid
 * during the call. type: S_IFREG, S_IFDIR, …, as the directory says; 0 when it does not. Return
 * false to end the walk. */
typedef bool view_entry_fn(void *arg, const char *name, size_t length, uint32_t inode, mode_t type);
/* All entries but "." and "..", in no order, a name once at most as far as the directory is sound.
 * Must not be called from within fn on the same view (collect first). *ret_all (may be NULL): fn
 * never ended it. */
bool view_each(struct view *v, uint32_t directory, view_entry_fn *fn, void *arg, bool *ret_all,
               struct pyro_error *err) MUST_CHECK;
/* PYRO_FILE_NOT_FOUND, of an absolute path; NULL. */
void *view_fail_missing(const char *path, struct pyro_error *err);
/* The inode at an absolute path ("/workspace/src"); links on the way are refused
 * (PYRO_PATH_REFUSED), the last component is not followed. PYRO_FILE_NOT_FOUND,
 * PYRO_WRONG_FILE_TYPE. */
bool view_find(struct view *v, const char *path, uint32_t *ret_inode,
               struct pyro_error *err) MUST_CHECK;
/* The inode of one name in a directory; false with *ret_inode 0 and no error value when there is
 * none. */
bool view_lookup(struct view *v, uint32_t directory, const char *name, size_t length,
                 uint32_t *ret_inode, struct pyro_error *err) MUST_CHECK;

/* Reads up to n bytes of a regular file at an offset; how many, fewer only at its end; -1. */
ssize_t view_read(struct view *v, uint32_t inode, uint64_t at, void *ret, size_t n,
                  struct pyro_error *err) MUST_CHECK;
/* A link's target into ret[VIEW_TARGET_MAX], terminated; any bytes but NUL. */
bool view_target(struct view *v, uint32_t inode, char *ret, struct pyro_error *err) MUST_CHECK;

/*
 * The inodes that are not byte for byte the same in two views of one disk (`now` of a higher layer
 * than `then`), by comparing only the blocks of inode tables that a layer in between has: content,
 * mode, links, times or names of any file or directory whose inode is not reported have not
 * changed. Ascending. Return false to end.
 */
typedef bool view_changed_fn(void *arg, uint32_t inode);
bool view_each_changed(struct view *now, struct view *then, view_changed_fn *fn, void *arg,
                       struct pyro_error *err) MUST_CHECK;
/* How many inodes the file system has: numbers are 1 to this. */
uint32_t view_inode_count(const struct view *v);

#endif
