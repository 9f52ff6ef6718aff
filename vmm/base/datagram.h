/*
 * Datagrams on a stream, between the guest's programs that ask for names and the host's resolver: a
 * DATA frame is a datagram, after a u32 by which the guest recognises the question. As with
 * datagrams anywhere, one that does not fit is lost.
 */
#ifndef PYRO_DATAGRAM_H
#define PYRO_DATAGRAM_H

#include "vmm/base/link.h"

#define DATAGRAM_ID_BYTES 4
#define DATAGRAM_QUESTION_MAX 4096
#define DATAGRAM_ANSWER_MAX (WIRE_PAYLOAD_MAX - DATAGRAM_ID_BYTES)

/* As one frame, or not at all. */
static inline bool datagram_send(struct stream *s, enum wire_channel channel, const void *frame,
                                 size_t n)
{
    return n <= WIRE_PAYLOAD_MAX && n <= stream_room(s) && stream_send(s, channel, frame, n) == n;
}

#endif
