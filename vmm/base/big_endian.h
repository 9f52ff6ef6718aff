/* Big-endian numbers at any place in memory, as disk formats have them. */
#ifndef PYRO_BIG_ENDIAN_H
#define PYRO_BIG_ENDIAN_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline uint32_t be32_at(const uint8_t *bytes)
{
    uint32_t v;

    memcpy(&v, bytes, sizeof(v));
    return be32toh(v);
}

static inline uint64_t be64_at(const uint8_t *bytes)
{
    uint64_t v;

    memcpy(&v, bytes, sizeof(v));
    return be64toh(v);
}

static inline void put_be32(uint8_t *at, uint32_t v)
{
    v = htobe32(v);
    memcpy(at, &v, sizeof(v));
}

static inline void put_be64(uint8_t *at, uint64_t v)
{
    v = htobe64(v);
    memcpy(at, &v, sizeof(v));
}

#endif
