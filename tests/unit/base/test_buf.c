/* tests/unit/base/test_buf.c: bounded buffers and the checked reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "vmm/base/buf.h"

static void test_append_up_to_the_maximum(void **state UNUSED)
{
    scoped_buf b = BUF_INIT(8);

    assert_true(buf_append(&b, "12345", 5));
    assert_false(buf_append(&b, "6789", 4));
    assert_int_equal(b.len, 5);
    assert_string_equal(b.data, "12345");
    assert_true(buf_append(&b, "678", 3));
    assert_string_equal(b.data, "12345678");
    assert_false(buf_append(&b, "9", 1));
    assert_false(buf_reserve(&b, SIZE_MAX));
}

static void test_consume(void **state UNUSED)
{
    scoped_buf b = BUF_INIT(100);

    buf_consume(&b, 3); /* of nothing */
    assert_true(buf_append_str(&b, "hello world"));
    buf_consume(&b, 6);
    assert_string_equal(b.data, "world");
    buf_consume(&b, 0);
    assert_int_equal(b.len, 5);
    buf_consume(&b, 1000);
    assert_int_equal(b.len, 0);
    assert_string_equal(b.data, "");
}

static void test_keep_tail(void **state UNUSED)
{
    scoped_buf b = BUF_INIT(8);

    buf_keep_tail(&b, "12345", 5);
    assert_string_equal(b.data, "12345");
    buf_keep_tail(&b, "6789", 4);
    assert_string_equal(b.data, "23456789");
    buf_keep_tail(&b, "", 0);
    assert_string_equal(b.data, "23456789");
    buf_keep_tail(&b, "abcdefghijkl", 12);
    assert_string_equal(b.data, "efghijkl");
}

static void test_printf_and_take(void **state UNUSED)
{
    scoped_buf b = BUF_INIT(10);
    char *taken;

    assert_true(buf_printf(&b, "%d-%s", 42, "x"));
    assert_false(buf_printf(&b, "%s", "too long for it"));
    assert_string_equal(b.data, "42-x");
    taken = buf_take(&b);
    assert_string_equal(taken, "42-x");
    free(taken);
    assert_null(b.data);
    assert_int_equal(b.max, 10);
    assert_null(buf_take(&b));
}

static void test_reader_values(void **state UNUSED)
{
    static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0xff };
    struct reader r = reader_of(bytes, sizeof(bytes));
    const uint8_t *rest;
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;

    assert_true(rd_u8(&r, &a) && a == 1);
    assert_true(rd_u16(&r, &b) && b == 0x0302);
    assert_true(rd_u32(&r, &c) && c == 0x07060504);
    assert_true(rd_u64(&r, &d) && d == 0x0f0e0d0c0b0a0908ull);
    assert_int_equal(rd_left(&r), 1);
    assert_false(rd_u16(&r, &b));
    assert_false(rd_u32(&r, &c));
    assert_false(rd_u64(&r, &d));
    assert_false(rd_bytes(&r, 2, &rest));
    assert_int_equal(rd_left(&r), 1);
    assert_true(rd_bytes(&r, 1, &rest) && *rest == 0xff);
    assert_false(rd_u8(&r, &a));
    assert_true(rd_bytes(&r, 0, &rest));
}

static void test_put_is_the_inverse(void **state UNUSED)
{
    uint8_t bytes[12];
    struct reader r = reader_of(bytes, sizeof(bytes));
    uint32_t a;
    uint64_t b;

    put_u32(bytes, 0xfedcba98u);
    put_u64(bytes + 4, 0x0123456789abcdefull);
    assert_true(rd_u32(&r, &a) && a == 0xfedcba98u);
    assert_true(rd_u64(&r, &b) && b == 0x0123456789abcdefull);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append_up_to_the_maximum), cmocka_unit_test(test_consume),
        cmocka_unit_test(test_printf_and_take),          cmocka_unit_test(test_reader_values),
        cmocka_unit_test(test_put_is_the_inverse),       cmocka_unit_test(test_keep_tail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
