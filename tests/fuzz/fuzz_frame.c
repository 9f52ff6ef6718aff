/*
 * Any bytes as a guest's frame, and as a stream of them: whatever may leave goes to no address of
 * this host, and what is left of the stream are such frames, whatever pieces it came in. And as
 * what the guard tells of those that may not: the notes are few, and printable.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/network/frame.h"
#include "engine/network/refusals.h"
#include "vmm/base/error.h"

#define IPV4_TO (14 + 16)
#define IPV6_TO (14 + 24)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct frame_refused refused = {
    .count = 2,
    .addresses = { { .s6_addr = { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 } },
                   { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } } }
};

static void check_refusal(const uint8_t *frame, size_t n)
{
    struct frame_refusal r;
    bool four;

    if (!frame_refusal_of(frame, n, &r))
        return;
    four = frame[12] == 0x08;
    BUG_ON(n < (four ? 34 : 54) || (frame[0] & 1) || r.unused);
    BUG_ON(four ? memcmp(r.address.s6_addr + 12, frame + IPV4_TO, 4) != 0
                : memcmp(&r.address, frame + IPV6_TO, 16) != 0);
    BUG_ON(four ? frame[IPV4_TO] >= 224 : frame[IPV6_TO] == 0xff);
    BUG_ON(r.port && r.protocol != IPPROTO_TCP && r.protocol != IPPROTO_UDP);
}

static void check_refusals(const struct frame_refusals *r)
{
    BUG_ON(r->count > FRAME_REFUSALS_MAX);
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < i; k++)
            BUG_ON(frame_refusal_same(&r->list[i], &r->list[k]));
}

/* All in one minute. */
static void check_notes(const uint8_t *bytes, size_t n)
{
    struct refusals notes = { .count = 0 };
    char text[REFUSAL_TEXT_BYTES];
    size_t noted = 0;

    for (struct frame_refusal what; n >= sizeof(what); bytes += sizeof(what), n -= sizeof(what)) {
        memcpy(&what, bytes, sizeof(what));
        if (!refusals_take(&notes, &what, (int64_t)noted, text))
            continue;
        noted++;
        BUG_ON(!memchr(text, '\0', sizeof(text)));
        for (const char *c = text; *c; c++)
            BUG_ON(*c < ' ' || *c > '~');
    }
    BUG_ON(noted > REFUSALS_A_MINUTE + 1);
}

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
    struct frame_refusals refusals = { .count = 0 };

    for (size_t at = 0; at < n; at += step) {
        size_t more = n - at < step ? n - at : step, whole;
        memcpy(left + passed + held, bytes + at, more);
        held += more;
        if (!frames_sift(left + passed, &held, &whole, &refused, &refusals))
            break;
        BUG_ON(whole > held);
        passed += whole;
        held -= whole;
    }
    check_refusals(&refusals);
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
    check_refusal(bytes, n);
    check_notes(bytes, n);
    if (n)
        check_stream(bytes, n);
    return 0;
}
