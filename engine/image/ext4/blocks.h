/*
 * Blocks of an image: which are free, and a write buffer in front of the output. Space is allocated
 * from the front, so the files of an archive are in the image in the archive's order and are
 * written in few, large writes.
 */
#ifndef PYRO_IMAGE_BLOCKS_H
#define PYRO_IMAGE_BLOCKS_H

#include <stdint.h>

#include "engine/image/ext4/tree.h"
#include "vmm/base/error.h"
#include "vmm/base/write_behind.h"

#define BLOCK_BYTES 4096

struct blocks {
    int fd;
    uint64_t image_blocks;
    struct run *free_runs; /* .physical and .length; taken from .. on */
    size_t count, capacity, at;
    char *buffer; /* blocks from `first` on that are not written yet */
    uint64_t first;
    size_t fill; /* bytes */
    struct write_behind behind;
};

bool blocks_init(struct blocks *b, int fd, uint64_t image_blocks,
                 struct pyro_error *err) MUST_CHECK;
void blocks_release(struct blocks *b);
/* Declares blocks free, in any order. */
bool blocks_add_free(struct blocks *b, uint64_t physical, uint64_t length,
                     struct pyro_error *err) MUST_CHECK;
/* Takes these, which do not overlap and are sorted, out of the free ones, of which none was taken yet.
 * PYRO_IO: not all of them are free. */
bool blocks_keep(struct blocks *b, const struct run *runs, size_t count,
                 struct pyro_error *err) MUST_CHECK;
/* Takes 1 to `wanted` contiguous blocks. PYRO_NO_SPACE when the image is full. */
bool blocks_take(struct blocks *b, uint32_t wanted, uint64_t *ret_physical, uint32_t *ret_length,
                 struct pyro_error *err) MUST_CHECK;
/* Writes whole blocks at a place; buffered. */
bool blocks_write(struct blocks *b, uint64_t physical, const void *bytes, size_t count,
                  struct pyro_error *err) MUST_CHECK;
bool blocks_flush(struct blocks *b, struct pyro_error *err) MUST_CHECK;

#endif
