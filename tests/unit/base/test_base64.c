/* Base64, both ways: RFC 4648, section 10, and what is not base64. */
#include <string.h>

#include "tests/unit/unit.h"
#include "vmm/base/base64.h"

static void test_base64_vectors(void **state)
{
    static const char *const pairs[][2] = { { "", "" },
                                            { "f", "Zg==" },
                                            { "fo", "Zm8=" },
                                            { "foo", "Zm9v" },
                                            { "foob", "Zm9vYg==" },
                                            { "fooba", "Zm9vYmE=" },
                                            { "foobar", "Zm9vYmFy" },
                                            { "\xfb\xff\xfe", "+//+" } };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        scoped_buf text = BUF_INIT(64), bytes = BUF_INIT(64);
        size_t n = strlen(pairs[i][0]);

        assert_true(base64_encode(&text, pairs[i][0], n));
        assert_int_equal(text.len, strlen(pairs[i][1]));
        if (text.len)
            assert_memory_equal(text.data, pairs[i][1], text.len);
        assert_true(base64_decode(&bytes, pairs[i][1], strlen(pairs[i][1])));
        assert_int_equal(bytes.len, n);
        if (n)
            assert_memory_equal(bytes.data, pairs[i][0], n);
    }
}

static void test_base64_decode_refuses(void **state)
{
    static const struct {
        const char *text, *before; /* before: what is decoded nevertheless */
    } cases[] = { { "Zg", "" },          { "Zm9vYg", "foo" }, { "Zm9vYg=", "foo" },
                  { "Zg==Zm9v", "" },    { "Z===", "" },      { "====", "" },
                  { "Zm9v!m9v", "foo" }, { "Zm9-", "" },      { "=m9v", "" } };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        scoped_buf bytes = BUF_INIT(64);

        if (base64_decode(&bytes, cases[i].text, strlen(cases[i].text)))
            fail_msg("'%s' is taken", cases[i].text);
        assert_int_equal(bytes.len, strlen(cases[i].before));
    }
}

static void test_base64_bounds(void **state)
{
    scoped_buf text = BUF_INIT(4), bytes = BUF_INIT(2);

    (void)state;
    assert_false(base64_encode(&text, "abcd", 4));
    assert_false(base64_decode(&bytes, "Zm9v", 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64_vectors),
        cmocka_unit_test(test_base64_decode_refuses),
        cmocka_unit_test(test_base64_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
