/*
 * A tree of files as a stream of bytes, the same on its way into a guest and out of one.
 *
 *     entry:   u8 type, u8 zero, u16 mode, u16 path bytes, u16 target bytes,
 *              i64 mtime seconds, u32 mtime nanoseconds, u64 size, path, target
 *     content: after a FILE with a size, extents until the size is reached:
 *              u64 bytes of zeros (a hole), u64 bytes of data, data
 *
 * Little-endian. Paths are plain (beneath.h) and relative to the tree's root, which is the empty
 * path. A directory comes twice: before what is in it, and once more (DIRECTORY_END) when its mode
 * and time are to be set. A hard link's target is the path of a file that came before. DONE ends
 * the stream: without it something was lost.
 *
 * The decoder trusts nothing: every length is checked before it is used, and a breach of a rule is
 * PYRO_GUEST_PROTOCOL. Nothing here aborts: the guest uses it too.
 */
#ifndef PYRO_TREE_H
#define PYRO_TREE_H

#include <stdint.h>
#include <sys/types.h>

#include "vmm/base/beneath.h"
#include "vmm/base/error.h"

#define TREE_HEADER_SIZE 28
#define TREE_EXTENT_SIZE 16
#define TREE_TARGET_MAX_BYTES 4095 /* of a symbolic link */
#define TREE_BUFFER_BYTES (256 * 1024)

enum tree_type {
    TREE_DIRECTORY = 1,
    TREE_DIRECTORY_END,
    TREE_FILE,
    TREE_SYMLINK,
    TREE_HARD_LINK,
    TREE_DONE,
    TREE_TYPE_COUNT
};

struct tree_entry {
    enum tree_type type;
    uint32_t mode; /* permission bits, 07777 */
    int64_t mtime; /* epoch seconds */
    uint32_t mtime_ns;
    uint64_t size;      /* bytes, of a FILE */
    const char *path;   /* "": the root */
    const char *target; /* of a SYMLINK and a HARD_LINK; else "" */
};

/* The size of a tree. Only the functions below add to it, so that no sum wraps. */
struct tree_counts {
    uint64_t entries, bytes; /* without the root directory; the sizes of its files */
    uint64_t data_bytes;     /* … without the holes in them */
    uint64_t block_bytes;    /* … as whole blocks, which is what a disk stores */
    uint64_t next_block;     /* of the file at hand: the first that is not counted yet */
};

#define TREE_BLOCK_BYTES 4096

/* The next entry; its content follows in the order of its offsets. */
bool tree_count_entry(struct tree_counts *c, const struct tree_entry *e,
                      struct pyro_error *err) MUST_CHECK;
/* n bytes of its content, at `offset`. */
bool tree_count_data(struct tree_counts *c, uint64_t offset, uint64_t n,
                     struct pyro_error *err) MUST_CHECK;
/* The space it takes on a disk: its blocks of data, and one for each entry. INT64_MAX when it is
 * more. */
uint64_t tree_cost(const struct tree_counts *c);

/* --- writing --- */

struct tree_output {
    /* Takes all n bytes, or fails. */
    bool (*write)(void *arg, const void *bytes, size_t n, struct pyro_error *err);
    void *arg;
    uint8_t *buffer; /* TREE_BUFFER_BYTES */
    size_t used;
};

bool tree_output_init(struct tree_output *o,
                      bool (*write)(void *, const void *, size_t, struct pyro_error *), void *arg,
                      struct pyro_error *err) MUST_CHECK;
void tree_output_release(struct tree_output *o);
bool tree_put_entry(struct tree_output *o, const struct tree_entry *e,
                    struct pyro_error *err) MUST_CHECK;
/* A stretch of content: `hole` bytes of zeros, then `data` bytes, to be put next. */
bool tree_put_extent(struct tree_output *o, uint64_t hole, uint64_t data,
                     struct pyro_error *err) MUST_CHECK;
bool tree_put_data(struct tree_output *o, const void *bytes, size_t n,
                   struct pyro_error *err) MUST_CHECK;
/* Room for data to be read straight into (at least one byte), and how much of it was used. */
uint8_t *tree_data_room(struct tree_output *o, size_t *ret_n, struct pyro_error *err) MUST_CHECK;
void tree_data_added(struct tree_output *o, size_t n);
/* Puts DONE and hands on what is still in the buffer. */
bool tree_put_done(struct tree_output *o, struct pyro_error *err) MUST_CHECK;

/* --- reading --- */

struct tree_input {
    /* As read(2): up to n bytes, 0 at the end; -1 with *err. May block. */
    ssize_t (*read)(void *arg, void *bytes, size_t n, struct pyro_error *err);
    void *arg;
    uint8_t *buffer; /* TREE_BUFFER_BYTES, of which at to end are still to be taken */
    size_t at, end;
    uint64_t offset, size; /* in the content of the current file */
    uint64_t data_left;    /* of the current extent */
    char *path, *target;
};

bool tree_input_init(struct tree_input *in,
                     ssize_t (*read)(void *, void *, size_t, struct pyro_error *), void *arg,
                     struct pyro_error *err) MUST_CHECK;
void tree_input_release(struct tree_input *in);
/* Waits until something has come; its end is an error. */
bool tree_input_wait(struct tree_input *in, struct pyro_error *err) MUST_CHECK;
/* The next entry, borrowed until the next call; the content of the one before must have been taken.
 */
bool tree_next(struct tree_input *in, struct tree_entry *ret, struct pyro_error *err) MUST_CHECK;
/*
 * The next piece of the current file's content: *ret_n bytes, borrowed, at *ret_offset; 0 at its
 * end. What lies between pieces is zeros.
 */
bool tree_next_data(struct tree_input *in, uint64_t *ret_offset, const void **ret_bytes,
                    size_t *ret_n, struct pyro_error *err) MUST_CHECK;

#endif
