/*
 * A growable byte buffer that knows its maximum: anything sized by a guest, a file or the network
 * is bounded where the buffer is created. Never aborts; a failed append leaves the content as it
 * was.
 */
#ifndef PYRO_BUF_H
#define PYRO_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/cleanup.h"

struct buf {
    char *data; /* always NUL-terminated once anything has been appended; NULL before */
    size_t len; /* bytes in use, the NUL not counted */
    size_t cap; /* bytes allocated */
    size_t max; /* len never grows past this */
};

/* An empty buffer that may hold up to max_bytes. */
#define BUF_INIT(max_bytes) { .max = (max_bytes) }

void buf_init(struct buf *b, size_t max_bytes);
void buf_release(struct buf *b);
/* Makes room for n more bytes; false past the maximum or out of memory. */
bool buf_reserve(struct buf *b, size_t n) MUST_CHECK;
bool buf_append(struct buf *b, const void *bytes, size_t n) MUST_CHECK;
/* Appends, at the cost of the oldest bytes: the newest `max` of all that came are in it. */
void buf_keep_tail(struct buf *b, const void *bytes, size_t n);
bool buf_append_str(struct buf *b, const char *s) MUST_CHECK;
bool buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3) MUST_CHECK;
/* Drops the first n bytes. */
void buf_consume(struct buf *b, size_t n);
void buf_clear(struct buf *b);
/* Hands the bytes to the caller, who frees them; the buffer is empty afterwards. NULL when empty.
 */
char *buf_take(struct buf *b);

static inline void cleanup_buf(struct buf *b)
{
    buf_release(b);
}
#define scoped_buf __attribute__((cleanup(cleanup_buf))) struct buf

/*
 * A checked reader over bytes from outside: every rd_ call either yields the value and advances, or
 * returns false and leaves the reader where it was.
 */
struct reader {
    const uint8_t *at, *end;
};

static inline struct reader reader_of(const void *bytes, size_t n)
{
    /* NULL plus nothing is undefined. */
    return (struct reader){ (const uint8_t *)bytes, n ? (const uint8_t *)bytes + n : bytes };
}
static inline size_t rd_left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}
/* Little-endian. */
bool rd_u8(struct reader *r, uint8_t *ret) MUST_CHECK;
bool rd_u16(struct reader *r, uint16_t *ret) MUST_CHECK;
bool rd_u32(struct reader *r, uint32_t *ret) MUST_CHECK;
bool rd_u64(struct reader *r, uint64_t *ret) MUST_CHECK;
/* Borrows n bytes of the underlying memory. */
bool rd_bytes(struct reader *r, size_t n, const uint8_t **ret) MUST_CHECK;

static inline void put_u16(uint8_t *at, uint16_t v)
{
    at[0] = (uint8_t)v, at[1] = (uint8_t)(v >> 8);
}
static inline void put_u32(uint8_t *at, uint32_t v)
{
    at[0] = (uint8_t)v, at[1] = (uint8_t)(v >> 8), at[2] = (uint8_t)(v >> 16),
    at[3] = (uint8_t)(v >> 24);
}
static inline void put_u64(uint8_t *at, uint64_t v)
{
    put_u32(at, (uint32_t)v);
    put_u32(at + 4, (uint32_t)(v >> 32));
}

#endif
