/*
 * Which Ethernet frames of a guest may leave it. The guest made them, so nothing in them is
 * trusted: only the fields read here, within bounds, decide.
 */
#ifndef PYRO_NETWORK_FRAME_H
#define PYRO_NETWORK_FRAME_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/cleanup.h"

#define FRAME_ADDRESSES_MAX 1024
#define FRAME_LENGTH_BYTES 4           /* big-endian, before each frame of a stream */
#define FRAME_BYTES_MAX (65536 + 4096) /* the largest that QEMU accepts */

/* Addresses that no frame may go to: the host's own. IPv4 is kept as ::ffff:a.b.c.d. */
struct frame_refused {
    size_t count;
    struct in6_addr addresses[FRAME_ADDRESSES_MAX];
};

/* Where a frame was going that may not leave. IPv4 as above. */
struct frame_refusal {
    struct in6_addr address;
    uint16_t port;    /* of TCP and UDP; 0: none, or it cannot be read */
    uint8_t protocol; /* of the packet: IPPROTO_TCP, … */
    uint8_t unused;   /* 0 */
};

/* Several of them, each once; there is no room for more. */
#define FRAME_REFUSALS_MAX 16
struct frame_refusals {
    size_t count;
    struct frame_refusal list[FRAME_REFUSALS_MAX];
};

/*
 * ARP; IPv4 and IPv6 to addresses that are neither refused nor special: no loopback, link-local,
 * multicast or broadcast, none of the machine's own little network, no cloud's metadata, of IPv6
 * only global and unique-local addresses without an IPv4 address inside; and neighbour discovery
 * (RFC 4861), which passt answers itself.
 */
bool frame_may_leave(const uint8_t *frame, size_t n, const struct frame_refused *refused);
/*
 * Where a frame was going, of those that may not leave. False when it was for many (multicast and
 * broadcast, which a machine sends by itself) or is not IP.
 */
bool frame_refusal_of(const uint8_t *frame, size_t n, struct frame_refusal *ret);
bool frame_refusal_same(const struct frame_refusal *a, const struct frame_refusal *b);
/*
 * Takes out of *n bytes of a stream the frames that may not leave, and adds to *refusals where they
 * were going. *n becomes the bytes left: first *ret_whole bytes of whole frames, then the beginning
 * of an incomplete one. False: the next one has an impossible length.
 */
bool frames_sift(uint8_t *bytes, size_t *n, size_t *ret_whole, const struct frame_refused *refused,
                 struct frame_refusals *refusals) MUST_CHECK;

#endif
