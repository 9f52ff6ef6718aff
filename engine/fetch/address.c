/* engine/fetch/address.c: the tables of special addresses (RFC 6890 and its registries). */
#include "engine/fetch/address.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "vmm/base/cleanup.h"

struct range {
    uint8_t bytes[16];
    unsigned bits;
    enum address_reach reach;
};

static const struct range ranges_4[] = {
    { { 0 }, 8, ADDRESS_SPECIAL },
    { { 10 }, 8, ADDRESS_PRIVATE },
    { { 100, 64 }, 10, ADDRESS_PRIVATE },
    { { 127 }, 8, ADDRESS_LOOPBACK },
    { { 169, 254 }, 16, ADDRESS_SPECIAL },
    { { 172, 16 }, 12, ADDRESS_PRIVATE },
    { { 192, 0, 0 }, 24, ADDRESS_SPECIAL },
    { { 192, 168 }, 16, ADDRESS_PRIVATE },
    { { 198, 18 }, 15, ADDRESS_PRIVATE },
    { { 224 }, 3, ADDRESS_SPECIAL }, /* multicast, reserved, broadcast */
};

#define MAPPED { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }
#define NAT64 { 0, 0x64, 0xff, 0x9b }

static const struct range ranges_6[] = {
    { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 128, ADDRESS_LOOPBACK },
    { { 0 }, 96, ADDRESS_SPECIAL },
    { { 0x01 }, 8, ADDRESS_SPECIAL },
    { { 0xfc }, 7, ADDRESS_PRIVATE },
    { { 0xfe, 0x80 }, 10, ADDRESS_SPECIAL },
    { { 0xfe, 0xc0 }, 10, ADDRESS_PRIVATE },
    { { 0xff }, 8, ADDRESS_SPECIAL },
};

/* Those that have one of IPv4 in their last four bytes. */
static const struct range carriers[] = { { MAPPED, 96, ADDRESS_SPECIAL },
                                         { NAT64, 96, ADDRESS_SPECIAL } };

static bool is_in(const uint8_t *bytes, const struct range *range)
{
    unsigned whole = range->bits / 8, rest = range->bits % 8;

    return !memcmp(bytes, range->bytes, whole) &&
           (!rest || (bytes[whole] ^ range->bytes[whole]) >> (8 - rest) == 0);
}

static enum address_reach look_up(const uint8_t *bytes, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_in(bytes, &ranges[i]))
            return ranges[i].reach;
    return ADDRESS_PUBLIC;
}

bool address_reach(const char *text, enum address_reach *ret)
{
    uint8_t bytes[16];

    if (inet_pton(AF_INET, text, bytes) == 1) {
        *ret = look_up(bytes, ranges_4, ARRAY_SIZE(ranges_4));
        return true;
    }
    if (inet_pton(AF_INET6, text, bytes) != 1)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(carriers); i++)
        if (is_in(bytes, &carriers[i])) {
            *ret = look_up(bytes + 12, ranges_4, ARRAY_SIZE(ranges_4));
            return true;
        }
    *ret = look_up(bytes, ranges_6, ARRAY_SIZE(ranges_6));
    return true;
}

bool address_may_lead(enum address_reach from, enum address_reach to)
{
    return to == ADDRESS_PUBLIC || (to != ADDRESS_SPECIAL && from >= to && from != ADDRESS_SPECIAL);
}
