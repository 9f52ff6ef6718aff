/*
 * The frame codec of both links: client and supervisor, supervisor and guest. docs/wire.md is the
 * protocol.
 *
 * A frame is a 12-byte header and a payload of at most 64 KiB, little-endian:
 *     u32 length   of the payload
 *     u32 stream   the request it belongs to
 *     u8  type     enum wire_type
 *     u8  channel  enum wire_channel, for DATA and END; else 0
 *     u8  flags    WIRE_MORE: this JSON text goes on in the next frame
 *     u8  zero
 * The decoder trusts nothing: a header that breaks a rule is an error, and the reader starts over
 * with a hello.
 */
#ifndef PYRO_WIRE_H
#define PYRO_WIRE_H

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

#define WIRE_HEADER_SIZE 12
#define WIRE_PAYLOAD_MAX 65536
#define WIRE_FRAME_MAX (WIRE_HEADER_SIZE + WIRE_PAYLOAD_MAX)
#define WIRE_CREDIT (256 * 1024) /* bytes of DATA a side may have in flight, per stream */

enum wire_type {
    WIRE_OPEN = 1, /* JSON: starts a stream, {"op": …} */
    WIRE_DATA,     /* bytes of a channel */
    WIRE_END,      /* no more DATA on this channel from this side */
    WIRE_MESSAGE,  /* JSON, either way, while the stream lives */
    WIRE_GRANT,    /* u32: this many more bytes of DATA may be sent */
    WIRE_CLOSE, /* JSON: the result, or {"error": …}; the stream is over. From the opener: cancelled
                 */
    WIRE_TYPE_COUNT
};

enum wire_channel {
    WIRE_STDIN,
    WIRE_STDOUT,
    WIRE_STDERR,
    WIRE_PTY, /* DATA begins with the u64 offset of its first byte */
    WIRE_CHANNEL_COUNT
};

enum { WIRE_MORE = 1 }; /* flags */

struct wire_frame {
    uint32_t stream;
    enum wire_type type;
    enum wire_channel channel;
    uint8_t flags;
    const uint8_t *payload; /* borrowed from the buffer that was decoded */
    uint32_t length;
};

enum wire_status { WIRE_FRAME, WIRE_INCOMPLETE, WIRE_BROKEN };

/* Writes the header (12 bytes) of a frame. */
void wire_put_header(uint8_t *at, const struct wire_frame *frame);
/*
 * Takes one frame from the reader. WIRE_INCOMPLETE leaves the reader where it was; WIRE_BROKEN sets
 * err to PYRO_GUEST_PROTOCOL and says which rule was broken.
 */
enum wire_status wire_decode(struct reader *r, struct wire_frame *ret, struct pyro_error *err);

/*
 * The hello that opens a connection to the guest, whose port may hold bytes of an older one: 16
 * bytes of magic, 16 of nonce. Zeros before it are skipped; WIRE_FRAME_MAX of them end any frame
 * that was cut short.
 */
#define WIRE_HELLO_SIZE 32
#define WIRE_NONCE_SIZE 16
void wire_put_hello(uint8_t *at, const uint8_t *nonce);
/* Whether a hello, which cannot be a frame, begins here. */
bool wire_is_hello(const uint8_t *bytes, size_t n);
/* The same of a hello with zeros before it, at least a header of them. */
bool wire_is_new_host(const uint8_t *bytes, size_t n);
/*
 * Looks for a hello (with this nonce, when not NULL). Returns how many bytes are used up: through
 * the hello when *ret_nonce was filled and *ret_found is true, else those that cannot be part of
 * one.
 */
size_t wire_find_hello(const uint8_t *bytes, size_t n, const uint8_t *nonce, uint8_t *ret_nonce,
                       bool *ret_found);

#endif
