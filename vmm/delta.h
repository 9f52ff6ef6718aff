/*
 * A machine's captured memory on disk, as what differs from its template's.
 *
 * The file: how many pages RAM has (u64, little-endian); for each of them a byte, enum delta_kind;
 * then the pages of kind DELTA_HERE, one after the other. It is always made against the template,
 * also for a machine that itself began with such a file, so none depends on another. A page is "as
 * in the template" by its content: the kernel fills holes of a memfd with zeros as it likes.
 *
 * Whoever opens one checks all of it: its size, its kinds, its digest.
 */
#ifndef PYRO_DELTA_H
#define PYRO_DELTA_H

#include "vmm/capture.h"
#include "vmm/ram.h"

enum delta_kind {
    DELTA_AS_TEMPLATE,
    DELTA_HERE,
    DELTA_ZERO /* and not zero in the template */
};

/*
 * Writes what was captured to a new file and syncs it. template_fd: the template's RAM, a file or
 * memfd of the same size; it may be captured->base_fd. Blocks, up to seconds: for a child.
 */
bool delta_write(const struct captured *captured, int template_fd, int file_fd,
                 struct pyro_error *err) MUST_CHECK;

/* One that was opened. */
struct delta {
    uint64_t page_count, here; /* pages of RAM; those of kind DELTA_HERE */
    const uint8_t *kinds;      /* page_count of them */
    const uint8_t *pages;      /* here * RAM_PAGE_BYTES; … */
    bool in_place;             /* … or each at its own place */
    void *map;
    size_t map_bytes;
    uint8_t *own_kinds;
};
#define DELTA_INIT { 0 }

/* The longest file for so much RAM. */
uint64_t delta_bytes_max(uint64_t ram_bytes);
/* The digest of a file, of RAM_DIGEST_HEX digits and a NUL. */
bool delta_digest(int file_fd, char *ret_hex, struct pyro_error *err) MUST_CHECK;
/* Maps and checks it; ram_bytes and digest (NULL: not checked) are what they must be.
 * PYRO_RECORD_INVALID. */
bool delta_open(int file_fd, uint64_t ram_bytes, const char *digest, struct delta *ret,
                struct pyro_error *err) MUST_CHECK;
/* An upper memory (ram.h) as one; its pages may be the same as the template's. */
bool delta_of_upper(int upper_fd, uint64_t ram_bytes, struct delta *ret,
                    struct pyro_error *err) MUST_CHECK;
/* One that differs nowhere. */
bool delta_none(uint64_t ram_bytes, struct delta *ret, struct pyro_error *err) MUST_CHECK;
/* The same of bytes in memory, which stay the caller's. */
bool delta_parse(const uint8_t *bytes, size_t n, struct delta *ret,
                 struct pyro_error *err) MUST_CHECK;
void delta_close(struct delta *d);

/* Template and delta, merged into a new memfd (ram_create()) that is not sealed yet; template_fd is
 * a file or memfd. -1 on failure. Blocks. */
int delta_merge(const struct delta *d, int template_fd, struct pyro_error *err) MUST_CHECK;

#endif
