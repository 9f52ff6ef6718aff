/*
 * Output on its way to the host's disk: from offset `start` on, first the part that was sent and
 * may not be on that disk yet, then the part not yet sent. The credit that the host has not given
 * back bounds the first part, so bytes before it can be dropped. A new connection continues at the
 * offset the host has.
 */
#ifndef PYRO_GUEST_BACKLOG_H
#define PYRO_GUEST_BACKLOG_H

#include "vmm/base/link.h"

#define BACKLOG_TURN_BYTES 65536 /* read in one turn at most: others wait for theirs */

struct backlog {
    uint64_t start; /* offset of out's first byte */
    struct buf out;
    size_t sent; /* of out */
};

void backlog_init(struct backlog *b);
void backlog_release(struct backlog *b);
/* Bytes it can take now; drops bytes the host has dealt with. 0: wait for the host. */
size_t backlog_room(struct backlog *b, const struct stream *s);
/* Reads once from fd: the number of bytes, which *ret_bytes has until the next call; 0: there is no
 * room, or nothing to read; -1: fd has ended. */
ssize_t backlog_read(struct backlog *b, const struct stream *s, int fd, const char **ret_bytes);
/* Sends what credit allows, as DATA on the PTY channel, each with its offset; asks for room when
 * there is more. No effect on a closed stream. */
void backlog_send(struct backlog *b, struct stream *s);
size_t backlog_unsent(const struct backlog *b);
bool backlog_is_sent(const struct backlog *b);
/* The offset after its last byte. */
uint64_t backlog_end(const struct backlog *b);
/* Whether a connection can continue at this offset. */
bool backlog_has(const struct backlog *b, int64_t offset);
/* Continues there. */
void backlog_rewind(struct backlog *b, int64_t offset);

#endif
