/*
 * The file system under construction, as a tree in memory: names and inodes, but never content,
 * which has its blocks in the image already when it gets here. Nothing in it ever meets a name on
 * the host: `..`, links and duplicates are settled here, and a path that leads out of the tree does
 * not exist.
 *
 * Names and inodes are separate, as in the file system itself, so a hard link is a second name. An
 * inode without names left is dead: its blocks are freed and it is not written. Directories have
 * one name.
 *
 * A tree may be made of layers, one after the other. Each name has the number of the layer that last
 * wrote it, or something below it: so what a layer hides of those below it is told from its own.
 */
#ifndef PYRO_IMAGE_TREE_H
#define PYRO_IMAGE_TREE_H

#include <stdint.h>
#include <sys/types.h>

#include "vmm/base/error.h"

#define TREE_NAME_MAX 255
#define TREE_LINKS_MAX 65000
#define TREE_TARGET_MAX 4095
#define TREE_FOLLOW_MAX 40

/* A stretch of a file's blocks, contiguous in the file and in the image. */
struct run {
    uint32_t logical, length;
    uint64_t physical;
};

struct xattr {
    struct xattr *next;
    char *name; /* with its prefix: "security.capability" */
    void *value;
    size_t size;
};

struct inode {
    uint32_t mode; /* with the type */
    uint32_t uid, gid;
    int64_t mtime; /* epoch seconds */
    uint32_t mtime_ns;
    uint32_t major, minor; /* devices */
    uint32_t links;        /* names it has; of a directory: 1 */
    uint32_t number;       /* in the image; 0 until that is laid out */
    uint64_t size;         /* bytes */
    char *target;          /* symbolic links */
    struct xattr *xattrs;
    struct run *runs;
    uint32_t run_count, run_capacity;
    /* directories: */
    struct name *first, *last; /* in the order they came */
    struct name *self;         /* the directory's own name; NULL: the root */
    uint32_t entries, subdirectories;
    uint8_t cleared;  /* the last layer that hid what lower ones have in it */
    bool is_supplied; /* no archive has it */
    bool is_kept;     /* its blocks are to be copied from another image (ext4_keep()) */
};

struct name {
    struct inode *directory, *inode;
    struct name *next, *previous; /* in the directory */
    struct name *chain;           /* of the hash table */
    uint8_t layer;                /* that wrote it */
    uint8_t length;
    char text[]; /* not terminated */
};

struct tree {
    struct inode *root;
    struct name **table;
    size_t table_size, names, inodes;
    size_t inodes_max;
    uint8_t layer; /* the one that is being added: from 1 on; 0: there are none */
    bool supplies; /* what is made now is supplied */
    void (*give_back)(void *arg, const struct run *run); /* blocks of a dead inode */
    void *arg;
};

/* A tree with a root directory (0755 root). */
bool tree_init(struct tree *t, size_t inodes_max, struct pyro_error *err) MUST_CHECK;
void tree_release(struct tree *t);

/* Whether the path names the root: "", ".", "/", "./". */
bool tree_is_root(const char *path);
/*
 * The name at a path, or NULL with no error value when nothing is there. Links on the way are
 * followed inside the tree, the last one is not.
 */
struct name *tree_find(struct tree *t, const char *path);
/*
 * The directory that a path's last component belongs in, created (0755 root) if missing, and that
 * component (borrowed from path). Refuses `..`, names over 255 bytes and parents that are not
 * directories.
 */
bool tree_parent(struct tree *t, const char *path, struct inode **ret_directory,
                 const char **ret_component, size_t *ret_length, struct pyro_error *err) MUST_CHECK;
/* A new inode without a name; PYRO_NO_SPACE when the image has no more. */
struct inode *tree_new_inode(struct tree *t, uint32_t mode, struct pyro_error *err) MUST_CHECK;
/* Frees an inode that never got a name. */
void tree_drop_inode(struct tree *t, struct inode *i);
/* The name in a directory; NULL: there is none. */
struct name *tree_lookup(const struct tree *t, const struct inode *directory, const char *component,
                         size_t length);
/* Gives an inode a name in a directory; an entry of that name is removed, with everything below
 * it. */
bool tree_add(struct tree *t, struct inode *directory, const char *component, size_t length,
              struct inode *i, struct pyro_error *err) MUST_CHECK;
/* The directory of that name in a directory, the existing one or a new one. */
struct inode *tree_add_directory(struct tree *t, struct inode *directory, const char *component,
                                 size_t length, struct pyro_error *err) MUST_CHECK;
/* Removes a name and everything below it. */
void tree_remove(struct tree *t, struct name *n);
/*
 * The directory at a path and its last component, as tree_parent(), but nothing is created: false
 * with no error value when it is not there.
 */
bool tree_find_parent(struct tree *t, const char *path, struct inode **ret_directory,
                      const char **ret_component, size_t *ret_length);
/* Removes what lower layers have under that name in a directory, and spares what this one wrote. */
void tree_hide(struct tree *t, struct inode *directory, const char *component, size_t length);
/* Removes what lower layers have in a directory. Each directory is looked through once a layer. */
void tree_hide_all(struct tree *t, struct inode *directory);

/* Adds a copy of an extended attribute, replacing one of that name. */
bool inode_set_xattr(struct inode *i, const char *name, const void *value, size_t size,
                     struct pyro_error *err) MUST_CHECK;
void inode_clear_xattrs(struct inode *i);
/* Appends blocks to an inode's content, joined to its last run where they follow it. */
bool inode_add_run(struct inode *i, uint32_t logical, uint64_t physical, uint32_t length,
                   struct pyro_error *err) MUST_CHECK;

#endif
