/* vmm/base/wire.c: encoding and decoding of frames and hellos. Pure functions over bytes. */
#include "vmm/base/wire.h"

#include <string.h>

static const uint8_t hello_magic[WIRE_HELLO_SIZE - WIRE_NONCE_SIZE] =
    "\xffpyro hello 1\xff\xfe\xfd";

void wire_put_header(uint8_t *at, const struct wire_frame *frame)
{
    put_u32(at, frame->length);
    put_u32(at + 4, frame->stream);
    at[8] = (uint8_t)frame->type;
    at[9] = (uint8_t)frame->channel;
    at[10] = frame->flags;
    at[11] = 0;
}

static bool is_json(uint8_t type)
{
    return type == WIRE_OPEN || type == WIRE_MESSAGE || type == WIRE_CLOSE;
}

static bool check_header(uint32_t length, uint8_t type, uint8_t channel, uint8_t flags,
                         uint8_t zero, struct pyro_error *err)
{
    bool has_channel = type == WIRE_DATA || type == WIRE_END;

    if (type == 0 || type >= WIRE_TYPE_COUNT)
        return pyro_fail(err, PYRO_GUEST_PROTOCOL, "frame of unknown type %u", type);
    if (length > WIRE_PAYLOAD_MAX)
        return pyro_fail(err, PYRO_GUEST_PROTOCOL, "frame of %u bytes", length);
    if (zero || (flags & ~WIRE_MORE) || ((flags & WIRE_MORE) && !is_json(type)))
        return pyro_fail(err, PYRO_GUEST_PROTOCOL, "frame with flags %u", flags);
    if (has_channel ? channel >= WIRE_CHANNEL_COUNT : channel != 0)
        return pyro_fail(err, PYRO_GUEST_PROTOCOL, "frame on channel %u", channel);
    if (type == WIRE_GRANT ? length != 4 : type == WIRE_END ? length != 0 : false)
        return pyro_fail(err, PYRO_GUEST_PROTOCOL, "frame of type %u with %u bytes", type, length);
    if (type == WIRE_DATA && length < (channel == WIRE_PTY ? 9 : 1))
        return pyro_fail(err, PYRO_GUEST_PROTOCOL, "data frame of %u bytes", length);
    return true;
}

enum wire_status wire_decode(struct reader *r, struct wire_frame *ret, struct pyro_error *err)
{
    struct reader at = *r;
    struct wire_frame f = { 0 };
    uint8_t type, channel, flags, zero;

    if (!rd_u32(&at, &f.length) || !rd_u32(&at, &f.stream) || !rd_u8(&at, &type) ||
        !rd_u8(&at, &channel) || !rd_u8(&at, &flags) || !rd_u8(&at, &zero))
        return WIRE_INCOMPLETE;
    if (!check_header(f.length, type, channel, flags, zero, err))
        return WIRE_BROKEN;
    if (!rd_bytes(&at, f.length, &f.payload))
        return WIRE_INCOMPLETE;
    f.type = (enum wire_type)type;
    f.channel = (enum wire_channel)channel;
    f.flags = flags;
    *ret = f;
    *r = at;
    return WIRE_FRAME;
}

void wire_put_hello(uint8_t *at, const uint8_t *nonce)
{
    memcpy(at, hello_magic, sizeof(hello_magic));
    memcpy(at + sizeof(hello_magic), nonce, WIRE_NONCE_SIZE);
}

bool wire_is_hello(const uint8_t *bytes, size_t n)
{
    return n >= sizeof(hello_magic) && memcmp(bytes, hello_magic, sizeof(hello_magic)) == 0;
}

bool wire_is_new_host(const uint8_t *bytes, size_t n)
{
    static const uint8_t zeros[WIRE_HEADER_SIZE];

    return wire_is_hello(bytes, n) ||
           (n >= sizeof(zeros) && memcmp(bytes, zeros, sizeof(zeros)) == 0);
}

size_t wire_find_hello(const uint8_t *bytes, size_t n, const uint8_t *nonce, uint8_t *ret_nonce,
                       bool *ret_found)
{
    const uint8_t *at = bytes, *end = bytes + n;

    *ret_found = false;
    while (at < end && (at = memchr(at, hello_magic[0], (size_t)(end - at)))) {
        size_t left = (size_t)(end - at);
        size_t known = left < sizeof(hello_magic) ? left : sizeof(hello_magic);
        if (memcmp(at, hello_magic, known) != 0) {
            at++;
            continue;
        }
        if (left < WIRE_HELLO_SIZE)
            return (size_t)(at - bytes);
        if (nonce && memcmp(at + sizeof(hello_magic), nonce, WIRE_NONCE_SIZE) != 0) {
            at++;
            continue;
        }
        memcpy(ret_nonce, at + sizeof(hello_magic), WIRE_NONCE_SIZE);
        *ret_found = true;
        return (size_t)(at - bytes) + WIRE_HELLO_SIZE;
    }
    return n;
}
