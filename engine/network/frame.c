/* engine/network/frame.c: one frame, one decision; and a stream of them. */
#include "engine/network/frame.h"

#include <string.h>

#define ETHER_BYTES 14
#define TYPE_ARP 0x0806
#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define IPV4_BYTES 20
#define IPV4_FRAGMENT 6 /* three bits of flags, then its place in the packet */
#define IPV4_PROTOCOL 9
#define IPV4_DESTINATION 16
#define IPV4_FIRST_OF_MANY 224 /* multicast, reserved, broadcast */
#define IPV6_BYTES 40
#define IPV6_NEXT_HEADER 6
#define IPV6_DESTINATION 24
#define IPV6_FIRST_OF_MANY 0xff /* multicast */
#define PORT_DESTINATION 2      /* in the headers of TCP and of UDP */
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

static struct in6_addr ipv4_address(const uint8_t *at)
{
    struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

    memcpy(mapped.s6_addr + 12, at, 4);
    return mapped;
}

static bool may_reach_ipv4(const uint8_t *at, const struct frame_refused *refused)
{
    struct in6_addr to = ipv4_address(at);

    return may_reach(&to, refused);
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

static unsigned type_of(const uint8_t *frame)
{
    return (unsigned)frame[12] << 8 | frame[13];
}

bool frame_may_leave(const uint8_t *frame, size_t n, const struct frame_refused *refused)
{
    const uint8_t *packet = frame + ETHER_BYTES;

    if (n < ETHER_BYTES)
        return false;
    n -= ETHER_BYTES;
    switch (type_of(frame)) {
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

/* `at`: where the header of its protocol begins. */
static uint16_t port_of(const uint8_t *packet, size_t n, size_t at, uint8_t protocol)
{
    const uint8_t *port = packet + at + PORT_DESTINATION;

    if ((protocol != IPPROTO_TCP && protocol != IPPROTO_UDP) || n < at + PORT_DESTINATION + 2)
        return 0;
    return (uint16_t)(port[0] << 8 | port[1]);
}

static bool ipv4_refusal_of(const uint8_t *packet, size_t n, struct frame_refusal *ret)
{
    size_t header = (packet[0] & 0x0fu) * 4u;
    bool begins = !(packet[IPV4_FRAGMENT] & 0x1f) && !packet[IPV4_FRAGMENT + 1];

    if (packet[IPV4_DESTINATION] >= IPV4_FIRST_OF_MANY)
        return false;
    ret->address = ipv4_address(packet + IPV4_DESTINATION);
    ret->protocol = packet[IPV4_PROTOCOL];
    if (begins && header >= IPV4_BYTES)
        ret->port = port_of(packet, n, header, ret->protocol);
    return true;
}

/* Of a packet with more headers, their first is the protocol. */
static bool ipv6_refusal_of(const uint8_t *packet, size_t n, struct frame_refusal *ret)
{
    if (packet[IPV6_DESTINATION] == IPV6_FIRST_OF_MANY)
        return false;
    memcpy(&ret->address, packet + IPV6_DESTINATION, sizeof(ret->address));
    ret->protocol = packet[IPV6_NEXT_HEADER];
    ret->port = port_of(packet, n, IPV6_BYTES, ret->protocol);
    return true;
}

bool frame_refusal_of(const uint8_t *frame, size_t n, struct frame_refusal *ret)
{
    const uint8_t *packet = frame + ETHER_BYTES;

    if (n < ETHER_BYTES || (frame[0] & 1)) /* a group's hardware address */
        return false;
    n -= ETHER_BYTES;
    *ret = (struct frame_refusal){ 0 };
    switch (type_of(frame)) {
    case TYPE_IPV4:
        return n >= IPV4_BYTES && packet[0] >> 4 == 4 && ipv4_refusal_of(packet, n, ret);
    case TYPE_IPV6:
        return n >= IPV6_BYTES && packet[0] >> 4 == 6 && ipv6_refusal_of(packet, n, ret);
    default:
        return false;
    }
}

bool frame_refusal_same(const struct frame_refusal *a, const struct frame_refusal *b)
{
    return a->port == b->port && a->protocol == b->protocol &&
           !memcmp(&a->address, &b->address, sizeof(a->address));
}

static void add_refusal(struct frame_refusals *refusals, const uint8_t *frame, size_t n)
{
    struct frame_refusal added;

    if (refusals->count == FRAME_REFUSALS_MAX || !frame_refusal_of(frame, n, &added))
        return;
    for (size_t i = 0; i < refusals->count; i++)
        if (frame_refusal_same(&refusals->list[i], &added))
            return;
    refusals->list[refusals->count++] = added;
}

bool frames_sift(uint8_t *bytes, size_t *n, size_t *ret_whole, const struct frame_refused *refused,
                 struct frame_refusals *refusals)
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
        } else {
            add_refusal(refusals, b + FRAME_LENGTH_BYTES, size);
        }
        at += FRAME_LENGTH_BYTES + size;
    }
    memmove(bytes + kept, bytes + at, *n - at);
    *n -= at - kept;
    *ret_whole = kept;
    return true;
}
