/* engine/network/frame.c: one frame, one decision; and a stream of them. */
#include "engine/network/frame.h"

#include <string.h>

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

/* An address and how many of its leading bits count, in the form of frame_refused. */
#define V4(a, b, c, d, bits) { .s6_addr = { [10] = 0xff, [11] = 0xff, a, b, c, d } }, 96 + (bits)
#define V6(a, b, c, h, bits)                                                                       \
    { .s6_addr = { (a) >> 8, (a) & 0xff, (b) >> 8, (b) & 0xff, (c) >> 8,                           \
                   (c) & 0xff, [14] = (h) >> 8, [15] = (h) & 0xff } },                             \
        (bits)

/* Addresses a guest must not reach, whatever network it has. */
static const struct {
    struct in6_addr address;
    unsigned bits;
} special[] = {
    /* Special-purpose addresses (RFC 6890). */
    { V4(0, 0, 0, 0, 8) },       /* this host */
    { V4(127, 0, 0, 0, 8) },     /* loopback */
    { V4(169, 254, 0, 0, 16) },  /* link-local, and the metadata of most clouds */
    { V4(192, 0, 0, 0, 24) },    /* the machine's own little network; Oracle's metadata (.192) */
    { V4(224, 0, 0, 0, 4) },     /* multicast */
    { V4(240, 0, 0, 0, 4) },     /* reserved, and broadcast */
    { V6(0x2001, 0, 0, 0, 32) }, /* Teredo, and … */
    { V6(0x2002, 0, 0, 0, 16) }, /* … 6to4: has an IPv4 address inside, which is not checked */
    /* A cloud's services for the host itself: its metadata has the host's credentials. */
    { V4(100, 100, 100, 200, 32) },         /* Alibaba Cloud */
    { V4(168, 63, 129, 16, 32) },           /* Azure */
    { V6(0xfd00, 0x0ec2, 0, 0, 32) },       /* Amazon EC2: ::254, and time and names beside it */
    { V6(0xfd00, 0x0042, 0, 0x0042, 128) }, /* Scaleway */
    { V6(0xfd20, 0x00ce, 0, 0x0254, 128) }, /* Google Compute Engine */
};

static bool same_bits(const struct in6_addr *a, const struct in6_addr *b, unsigned bits)
{
    unsigned bytes = bits / 8, rest = bits % 8;

    return !memcmp(a, b, bytes) &&
           (!rest || (a->s6_addr[bytes] ^ b->s6_addr[bytes]) >> (8 - rest) == 0);
}

static bool may_reach(const struct in6_addr *to, const struct frame_refused *refused)
{
    for (size_t i = 0; i < ARRAY_SIZE(special); i++)
        if (same_bits(to, &special[i].address, special[i].bits))
            return false;
    for (size_t i = 0; i < refused->count; i++)
        if (!memcmp(to, &refused->addresses[i], sizeof(*to)))
            return false;
    return true;
}

static bool may_reach_ipv4(const uint8_t *at, const struct frame_refused *refused)
{
    struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

    memcpy(mapped.s6_addr + 12, at, 4);
    return may_reach(&mapped, refused);
}

static bool may_reach_ipv6(const uint8_t *at, const struct frame_refused *refused)
{
    struct in6_addr to;

    if ((at[0] & 0xe0) != 0x20 && (at[0] & 0xfe) != 0xfc) /* 2000::/3, fc00::/7 */
        return false;
    memcpy(&to, at, sizeof(to));
    return may_reach(&to, refused);
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
