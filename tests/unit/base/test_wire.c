/* tests/unit/base/test_wire.c: frames and hellos, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vmm/base/wire.h"

static void put(uint8_t *at, uint32_t length, uint8_t type, uint8_t channel, uint8_t flags)
{
    struct wire_frame f = { .stream = 7,
                            .type = (enum wire_type)type,
                            .channel = (enum wire_channel)channel,
                            .flags = flags,
                            .length = length };

    wire_put_header(at, &f);
}

static void test_decode_needs_every_byte(void **state UNUSED)
{
    uint8_t bytes[WIRE_HEADER_SIZE + 5] = { 0 };
    struct wire_frame f;
    struct pyro_error err = { 0 };

    put(bytes, 5, WIRE_DATA, WIRE_STDERR, 0);
    memcpy(bytes + WIRE_HEADER_SIZE, "hello", 5);
    for (size_t n = 0; n < sizeof(bytes); n++) {
        struct reader r = reader_of(bytes, n);
        assert_int_equal(wire_decode(&r, &f, &err), WIRE_INCOMPLETE);
        assert_int_equal(rd_left(&r), n);
    }
    struct reader r = reader_of(bytes, sizeof(bytes));
    assert_int_equal(wire_decode(&r, &f, &err), WIRE_FRAME);
    assert_int_equal(rd_left(&r), 0);
    assert_int_equal(f.stream, 7);
    assert_int_equal(f.type, WIRE_DATA);
    assert_int_equal(f.channel, WIRE_STDERR);
    assert_int_equal(f.length, 5);
    assert_memory_equal(f.payload, "hello", 5);
}

static void test_decode_refuses(void **state UNUSED)
{
    static const struct {
        uint32_t length;
        uint8_t type, channel, flags, zero;
    } broken[] = {
        { 0, 0, 0, 0, 0 },                            /* no type */
        { 0, WIRE_TYPE_COUNT, 0, 0, 0 },              /* unknown type */
        { WIRE_PAYLOAD_MAX + 1, WIRE_DATA, 0, 0, 0 }, /* too long */
        { UINT32_MAX, WIRE_OPEN, 0, 0, 0 },           /* far too long */
        { 1, WIRE_DATA, WIRE_CHANNEL_COUNT, 0, 0 },   /* unknown channel */
        { 1, WIRE_OPEN, 1, 0, 0 },                    /* a channel where there is none */
        { 1, WIRE_DATA, 0, WIRE_MORE, 0 },            /* MORE outside JSON */
        { 1, WIRE_OPEN, 0, 2, 0 },                    /* unknown flag */
        { 1, WIRE_OPEN, 0, 0, 1 },                    /* the zero is not */
        { 3, WIRE_GRANT, 0, 0, 0 },                   /* short grant */
        { 5, WIRE_GRANT, 0, 0, 0 },                   /* long grant */
        { 1, WIRE_END, 0, 0, 0 },                     /* an end with content */
        { 0, WIRE_DATA, 0, 0, 0 },                    /* empty data */
        { 8, WIRE_DATA, WIRE_PTY, 0, 0 },             /* an offset and nothing else */
    };

    for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
        uint8_t bytes[WIRE_HEADER_SIZE];
        struct reader r = reader_of(bytes, sizeof(bytes));
        struct pyro_error err = { 0 };
        struct wire_frame f;
        put(bytes, broken[i].length, broken[i].type, broken[i].channel, broken[i].flags);
        bytes[11] = broken[i].zero;
        assert_int_equal(wire_decode(&r, &f, &err), WIRE_BROKEN);
        assert_int_equal(err.code, PYRO_GUEST_PROTOCOL);
        assert_true(err.message[0]);
    }
}

static void test_decode_takes_the_largest(void **state UNUSED)
{
    static uint8_t bytes[WIRE_FRAME_MAX];
    struct reader r = reader_of(bytes, sizeof(bytes));
    struct pyro_error err = { 0 };
    struct wire_frame f;

    put(bytes, WIRE_PAYLOAD_MAX, WIRE_MESSAGE, 0, WIRE_MORE);
    assert_int_equal(wire_decode(&r, &f, &err), WIRE_FRAME);
    assert_int_equal(f.length, WIRE_PAYLOAD_MAX);
    assert_int_equal(f.flags, WIRE_MORE);
}

/* Zeros end any frame that was cut short, and are then no frame themselves. */
static void test_padding_ends_every_frame(void **state UNUSED)
{
    static uint8_t bytes[WIRE_HEADER_SIZE + WIRE_FRAME_MAX];
    static const size_t cuts[] = { 1, 4, 8, 9, 11, 12 };

    for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
        uint8_t header[WIRE_HEADER_SIZE];
        struct reader r = reader_of(bytes, cuts[i] + WIRE_FRAME_MAX);
        struct pyro_error err = { 0 };
        enum wire_status status;
        struct wire_frame f;
        put(header, WIRE_PAYLOAD_MAX, WIRE_DATA, WIRE_STDOUT, 0);
        memset(bytes, 0, sizeof(bytes));
        memcpy(bytes, header, cuts[i]);
        do {
            status = wire_decode(&r, &f, &err);
        } while (status == WIRE_FRAME);
        assert_true(status == WIRE_BROKEN || rd_left(&r) < WIRE_HEADER_SIZE);
    }
}

static void test_find_hello_anywhere(void **state UNUSED)
{
    uint8_t nonce[WIRE_NONCE_SIZE], found_nonce[WIRE_NONCE_SIZE], bytes[200];
    bool found;

    for (size_t i = 0; i < sizeof(nonce); i++)
        nonce[i] = (uint8_t)(0xff - i); /* begins as the magic does */
    for (size_t at = 0; at + WIRE_HELLO_SIZE <= 100; at++) {
        memset(bytes, at % 2 ? 0xff : 0, sizeof(bytes)); /* looks like the magic's first byte */
        wire_put_hello(bytes + at, nonce);
        for (size_t n = 0; n < at + WIRE_HELLO_SIZE; n++) {
            size_t spent = wire_find_hello(bytes, n, NULL, found_nonce, &found);
            assert_false(found);
            assert_true(spent <= at || n < at);
            assert_true(spent <= n);
        }
        assert_int_equal(wire_find_hello(bytes, sizeof(bytes), NULL, found_nonce, &found),
                         at + WIRE_HELLO_SIZE);
        assert_true(found);
        assert_memory_equal(found_nonce, nonce, sizeof(nonce));
        assert_true(wire_is_hello(bytes + at, WIRE_HELLO_SIZE));
        assert_false(wire_is_hello(bytes + at, WIRE_NONCE_SIZE - 1));
        assert_false(at && wire_is_hello(bytes + at - 1, WIRE_HELLO_SIZE));
        assert_true(wire_is_new_host(bytes + at, WIRE_HELLO_SIZE));
        if (at >= WIRE_HEADER_SIZE) /* zeros before it, or bytes that are not a hello */
            assert_true(wire_is_new_host(bytes, WIRE_HEADER_SIZE) == (at % 2 == 0));
    }
}

static void test_find_hello_of_this_nonce_only(void **state UNUSED)
{
    uint8_t older[WIRE_NONCE_SIZE] = { 1 }, ours[WIRE_NONCE_SIZE] = { 2 };
    uint8_t bytes[2 * WIRE_HELLO_SIZE], nonce[WIRE_NONCE_SIZE];
    bool found;

    wire_put_hello(bytes, older);
    wire_put_hello(bytes + WIRE_HELLO_SIZE, ours);
    assert_int_equal(wire_find_hello(bytes, sizeof(bytes), ours, nonce, &found), sizeof(bytes));
    assert_true(found);
    assert_int_equal(wire_find_hello(bytes, WIRE_HELLO_SIZE, ours, nonce, &found), WIRE_HELLO_SIZE);
    assert_false(found);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_needs_every_byte),
        cmocka_unit_test(test_decode_refuses),
        cmocka_unit_test(test_decode_takes_the_largest),
        cmocka_unit_test(test_padding_ends_every_frame),
        cmocka_unit_test(test_find_hello_anywhere),
        cmocka_unit_test(test_find_hello_of_this_nonce_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
