/* vmm/base/buf.c: growable bounded buffers, and the checked reader. */
#include "vmm/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *b, size_t max_bytes)
{
    *b = (struct buf)BUF_INIT(max_bytes);
}

void buf_release(struct buf *b)
{
    free(b->data);
    *b = (struct buf)BUF_INIT(b->max);
}

bool buf_reserve(struct buf *b, size_t n)
{
    size_t need, cap;
    char *grown;

    if (n > b->max || b->len > b->max - n)
        return false;
    need = b->len + n + 1;
    if (need <= b->cap)
        return true;
    cap = b->cap ? b->cap : 64;
    while (cap < need)
        cap *= 2;
    if (cap > b->max + 1)
        cap = b->max + 1;
    grown = realloc(b->data, cap);
    if (!grown)
        return false;
    b->data = grown;
    b->cap = cap;
    b->data[b->len] = '\0';
    return true;
}

bool buf_append(struct buf *b, const void *bytes, size_t n)
{
    if (!buf_reserve(b, n))
        return false;
    if (n)
        memcpy(b->data + b->len, bytes, n);
    b->len += n;
    b->data[b->len] = '\0';
    return true;
}

void buf_keep_tail(struct buf *b, const void *bytes, size_t n)
{
    size_t skip = n > b->max ? n - b->max : 0;

    n -= skip;
    if (b->len + n > b->max)
        buf_consume(b, b->len + n - b->max);
    if (!buf_append(b, (const char *)bytes + skip, n))
        buf_clear(b);
}

bool buf_append_str(struct buf *b, const char *s)
{
    return buf_append(b, s, strlen(s));
}

bool buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !buf_reserve(b, (size_t)n))
        return false;
    va_start(ap, fmt);
    vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->len += (size_t)n;
    return true;
}

void buf_consume(struct buf *b, size_t n)
{
    if (n > b->len)
        n = b->len;
    if (!n)
        return;
    memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
    b->data[b->len] = '\0';
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    if (b->data)
        b->data[0] = '\0';
}

char *buf_take(struct buf *b)
{
    char *data = b->data;

    *b = (struct buf)BUF_INIT(b->max);
    return data;
}

bool rd_bytes(struct reader *r, size_t n, const uint8_t **ret)
{
    if (rd_left(r) < n)
        return false;
    *ret = r->at;
    r->at += n;
    return true;
}

static bool rd_little_endian(struct reader *r, size_t n, uint64_t *ret)
{
    const uint8_t *p;
    uint64_t v = 0;

    if (!rd_bytes(r, n, &p))
        return false;
    for (size_t i = n; i-- > 0;)
        v = v << 8 | p[i];
    *ret = v;
    return true;
}

bool rd_u8(struct reader *r, uint8_t *ret)
{
    uint64_t v;

    if (!rd_little_endian(r, 1, &v))
        return false;
    *ret = (uint8_t)v;
    return true;
}

bool rd_u16(struct reader *r, uint16_t *ret)
{
    uint64_t v;

    if (!rd_little_endian(r, 2, &v))
        return false;
    *ret = (uint16_t)v;
    return true;
}

bool rd_u32(struct reader *r, uint32_t *ret)
{
    uint64_t v;

    if (!rd_little_endian(r, 4, &v))
        return false;
    *ret = (uint32_t)v;
    return true;
}

bool rd_u64(struct reader *r, uint64_t *ret)
{
    return rd_little_endian(r, 8, ret);
}
