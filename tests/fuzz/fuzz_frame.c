/*
 * Any bytes as a guest's frame, and as a stream of them: whatever may leave goes to no address of
 * this host, and what is left of the stream are such frames, whatever pieces it came in.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/network/frame.h"
#include "vmm/base/error.h"

#define IPV4_TO (14 + 16)
#define IPV6_TO (14 + 24)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct frame_refused refused = {
    .count = 2,
    .addresses = { { .s6_addr = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 } },
                   { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } } }
};

static void check_frame(const uint8_t *frame, size_t n)
{
    static const uint8_t own[] = { 10, 0, 0, 1 };

    if (!frame_may_leave(frame, n, &refused))
        return;
    BUG_ON(n < 14);
    if (frame[12] == 0x08 && frame[13] == 0x00) {
        BUG_ON(n < 34 || !memcmp(frame + IPV4_TO, own, 4));
        BUG_ON(frame[IPV4_TO] == 127 || frame[IPV4_TO] == 0 || frame[IPV4_TO] >= 224);
        BUG_ON(frame[IPV4_TO] == 169 && frame[IPV4_TO + 1] == 254);
    } else if (frame[12] == 0x86 && frame[13] == 0xdd && frame[14 + 6] != 58) {
        BUG_ON(n < 54 || !memcmp(frame + IPV6_TO, &refused.addresses[1], 16));
        BUG_ON(frame[IPV6_TO] == 0xfe || frame[IPV6_TO] == 0xff || frame[IPV6_TO] == 0);
    } else {
        BUG_ON(frame[12] != 0x08 && frame[12] != 0x86);
    }
}

/* What is left of a whole stream, as the guard takes it: `step` bytes more each time. */
static size_t sift_all(uint8_t *left, const uint8_t *bytes, size_t n, size_t step)
{
    size_t passed = 0, held = 0;

    for (size_t at = 0; at < n; at += step) {
        size_t more = n - at < step ? n - at : step, whole;
        memcpy(left + passed + held, bytes + at, more);
        held += more;
        if (!frames_sift(left + passed, &held, &whole, &refused))
            break;
        BUG_ON(whole > held);
        passed += whole;
        held -= whole;
    }
    return passed;
}

static void check_stream(const uint8_t *bytes, size_t n)
{
    uint8_t *at_once = malloc(n), *in_pieces = malloc(n);
    size_t passed = sift_all(at_once, bytes, n, n), size;

    /* One that is broken loses what came with the breach; in pieces that is less. */
    BUG_ON(sift_all(in_pieces, bytes, n, 7) < passed || memcmp(at_once, in_pieces, passed) != 0);
    for (size_t at = 0; at < passed; at += FRAME_LENGTH_BYTES + size) {
        const uint8_t *b = at_once + at;
        BUG_ON(passed - at < FRAME_LENGTH_BYTES);
        size = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
        BUG_ON(size > passed - at - FRAME_LENGTH_BYTES);
        BUG_ON(!frame_may_leave(b + FRAME_LENGTH_BYTES, size, &refused));
        check_frame(b + FRAME_LENGTH_BYTES, size);
    }
    free(at_once);
    free(in_pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    check_frame(bytes, n);
    if (n)
        check_stream(bytes, n);
    return 0;
}
