/* engine/network/frame.c: one frame, one decision; and a stream of them. */
#include "engine/network/frame.h"

#include <string.h>

#include "vmm/base/error.h"

#define ETHER_BYTES 14
#define TYPE_ARP 0x0806
#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define IPV4_BYTES 20
#define IPV4_DESTINATION 16
#define IPV6_BYTES 40
#define IPV6_NEXT_HEADER 6
#define IPV6_DESTINATION 24
#define ICMPV6 58
#define NEIGHBOUR_SOLICITATION 135
#define NEIGHBOUR_ADVERTISEMENT 136

/* a/prefix: special-purpose addresses (RFC 6890) that a guest has no business with. */
static const struct {
    uint32_t address;
    unsigned prefix;
} special_ipv4[] = {
    { 0x00000000, 8 },  /* this host */
    { 0x7f000000, 8 },  /* loopback */
    { 0xa9fe0000, 16 }, /* link-local, and the metadata of clouds */
    { 0xc0000000, 24 }, /* the machine's own little network */
    { 0xe0000000, 4 },  /* multicast */
    { 0xf0000000, 4 },  /* reserved, and broadcast */
};

static bool is_refused(const struct in6_addr *to, const struct frame_refused *refused)
{
    for (size_t i = 0; i < refused->count; i++)
        if (!memcmp(to, &refused->addresses[i], sizeof(*to)))
            return true;
    return false;
}

static bool may_reach_ipv4(const uint8_t *at, const struct frame_refused *refused)
{
    uint32_t to = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

    for (size_t i = 0; i < ARRAY_SIZE(special_ipv4); i++)
        if ((to ^ special_ipv4[i].address) >> (32 - special_ipv4[i].prefix) == 0)
            return false;
    memcpy(mapped.s6_addr + 12, at, 4);
    return !is_refused(&mapped, refused);
}

static bool may_reach_ipv6(const uint8_t *at, const struct frame_refused *refused)
{
    struct in6_addr to;

    if ((at[0] & 0xe0) != 0x20 && (at[0] & 0xfe) != 0xfc) /* 2000::/3, fc00::/7 */
        return false;
    memcpy(&to, at, sizeof(to));
    return !is_refused(&to, refused);
}

static bool is_neighbour_discovery(const uint8_t *packet, size_t n)
{
    return packet[IPV6_NEXT_HEADER] == ICMPV6 && n > IPV6_BYTES &&
           (packet[IPV6_BYTES] == NEIGHBOUR_SOLICITATION ||
            packet[IPV6_BYTES] == NEIGHBOUR_ADVERTISEMENT);
}

bool frame_may_leave(const uint8_t *frame, size_t n, const struct frame_refused *refused)
{
    const uint8_t *packet = frame + ETHER_BYTES;
    unsigned type;

    if (n < ETHER_BYTES)
        return false;
    type = (unsigned)frame[12] << 8 | frame[13];
    n -= ETHER_BYTES;
    switch (type) {
    case TYPE_ARP:
        return true;
    case TYPE_IPV4:
        return n >= IPV4_BYTES && packet[0] >> 4 == 4 &&
               may_reach_ipv4(packet + IPV4_DESTINATION, refused);
    case TYPE_IPV6:
        return n >= IPV6_BYTES && packet[0] >> 4 == 6 &&
               (is_neighbour_discovery(packet, n) ||
                may_reach_ipv6(packet + IPV6_DESTINATION, refused));
    default:
        return false;
    }
}

bool frames_sift(uint8_t *bytes, size_t *n, size_t *ret_whole, const struct frame_refused *refused)
{
    size_t at = 0, kept = 0;

    while (*n - at >= FRAME_LENGTH_BYTES) {
        const uint8_t *b = bytes + at;
        size_t size = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
        if (size > FRAME_BYTES_MAX)
            return false;
        if (*n - at - FRAME_LENGTH_BYTES < size)
            break;
        if (frame_may_leave(b + FRAME_LENGTH_BYTES, size, refused)) {
            memmove(bytes + kept, b, FRAME_LENGTH_BYTES + size);
            kept += FRAME_LENGTH_BYTES + size;
        }
        at += FRAME_LENGTH_BYTES + size;
    }
    memmove(bytes + kept, bytes + at, *n - at);
    *n -= at - kept;
    *ret_whole = kept;
    return true;
}
