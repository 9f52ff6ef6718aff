/* vmm/base/redact.c against a plain definition of what must be hidden, however the bytes come. */
#include "tests/unit/unit.h"
#include "vmm/base/redact.h"

#include <stdio.h>

#define VALUES_MAX 8

static struct redactor *redactor_of(const char *const *values)
{
    struct buf bufs[REDACT_VALUES_MAX] = { 0 };
    struct redactor *r;
    size_t n = 0;

    for (; values[n]; n++) {
        bufs[n] = (struct buf)BUF_INIT(1 << 20);
        assert_true(buf_append_str(&bufs[n], values[n]));
    }
    r = redactor_new(bufs, n);
    for (size_t i = 0; i < n; i++)
        buf_release(&bufs[i]);
    return r;
}

static const struct {
    const char *values[VALUES_MAX], *text, *wanted;
} texts[] = {
    { { "hunter2" }, "", "" },
    { { "hunter2" }, "hunter", "hunter" },
    { { "hunter2" }, "hunter2", "[REDACTED]" },
    { { "hunter2" }, "ahunter2b", "a[REDACTED]b" },
    { { "hunter2" }, "huhunter2hunter2r2", "hu[REDACTED][REDACTED]r2" },
    { { "hunter2" }, "HUNTER2 2retnuh", "HUNTER2 2retnuh" },
    /* The longest first. */
    { { "abc", "abcdef" }, "abcdef abcde abc", "[REDACTED] [REDACTED]de [REDACTED]" },
    { { "abcdef", "abc" }, "abcabcdef", "[REDACTED][REDACTED]" },
    { { "def", "abcdef" }, "abcdef def", "[REDACTED] [REDACTED]" },
    { { "cd", "abcdef" }, "abcdef cd", "[REDACTED] [REDACTED]" },
    /* Overlapping: no part of either is left. */
    { { "abcdef", "efgh" }, "xabcdefghx", "x[REDACTED]x" },
    { { "ab", "bcdef" }, "abcdef", "[REDACTED]" },
    { { "aba" }, "ababa", "[REDACTED]" },
    { { "aa" }, "aaaaa", "[REDACTED]" },
    /* One byte. */
    { { "x" }, "axbx", "a[REDACTED]b[REDACTED]" },
    { { "x", "xyz" }, "xyzxy", "[REDACTED][REDACTED]y" },
    /* A terminal's newlines. */
    { { "a\nb\n" }, "a\nb\n.a\r\nb\r\n.", "[REDACTED].[REDACTED]." },
    { { "a\nb" }, "a\r\nb a\rb", "[REDACTED] a\rb" },
    { { "a\n" }, "a\r", "a\r" },
    /* As it appears in a patch. */
    { { "a\nb" }, "+a\n+b -a\n-b  a\r\n b", "+[REDACTED] -[REDACTED]  [REDACTED]" },
    { { "[REDACTED]" }, "[REDACTED]", "[REDACTED]" },
    { { "sch\xc3\xbc\xc3\x9f" }, "\xc3\xbcsch\xc3\xbc\xc3\x9f\xff", "\xc3\xbc[REDACTED]\xff" },
};

static void push(struct redact_stream *s, const char *bytes, size_t n, bool final, struct buf *out)
{
    assert_true(redact_stream_push(s, bytes, n, final, out));
}

static void test_texts_whole_and_cut_everywhere(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct redactor *r = redactor_of(texts[i].values);
        size_t n = strlen(texts[i].text);
        scoped_buf whole = BUF_INIT(4096);
        assert_true(redact_text(r, texts[i].text, n, false, &whole));
        assert_string_equal(whole.data ? whole.data : "", texts[i].wanted);
        assert_int_equal(redact_finds(r, texts[i].text, n, false),
                         strstr(texts[i].wanted, REDACTED) != NULL);
        for (size_t cut = 0; cut <= n; cut++)
            for (size_t second = cut; second <= n; second++) {
                scoped_buf out = BUF_INIT(4096);
                struct redact_stream s;
                redact_stream_init(&s, r);
                push(&s, texts[i].text, cut, false, &out);
                push(&s, texts[i].text + cut, second - cut, false, &out);
                push(&s, texts[i].text + second, n - second, true, &out);
                assert_string_equal(out.data ? out.data : "", texts[i].wanted);
                redact_stream_release(&s);
            }
        redactor_free(r);
    }
}

/* Pauses: what is shown of a value that is then completed, and that the rest of it is not. */
static void test_pauses(void **state UNUSED)
{
    static const struct {
        const char *values[VALUES_MAX], *pieces[6], *wanted;
    } rows[] = {
        { { "hunter2" }, { "h" }, "h" },
        { { "hunter2" }, { "hu" }, "h" },
        { { "hunter2" }, { "h", "u", "g" }, "hug" },
        { { "hunter2" }, { "h", "unter2" }, "h[REDACTED]" },
        { { "hunter2" }, { "h", "unt", "er2!" }, "h[REDACTED]!" },
        { { "hunter2" }, { "hh", "unter2" }, "hh[REDACTED]" },
        { { "pin" }, { "p", "i" }, "" },
        { { "pin" }, { "p", "i", "g" }, "pig" },
        { { "0123456789abcdef" }, { "x0123456" }, "x012" },
        { { "0123456789abcdef" }, { "0123456789", "abcde", "f" }, "012[REDACTED]" },
        { { "0123456789abcdef" }, { "01", "2", "3456789abcdef." }, "012[REDACTED]." },
        { { "0123456789abcdef", "01x" }, { "01", "x" }, "[REDACTED]" },
        /* Whole already, and maybe a part of a longer one. */
        { { "abcd", "abcdefgh" }, { "-abcd", "efg" }, "-" },
        { { "abcd", "abcdefgh" }, { "-abcd", "efgh" }, "-[REDACTED]" },
        { { "abcd", "abcdefgh" }, { "-abcd", "x" }, "-[REDACTED]x" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct redactor *r = redactor_of(rows[i].values);
        scoped_buf out = BUF_INIT(4096);
        struct redact_stream s;
        redact_stream_init(&s, r);
        for (size_t k = 0; rows[i].pieces[k]; k++) {
            push(&s, rows[i].pieces[k], strlen(rows[i].pieces[k]), false, &out);
            assert_true(redact_stream_pause(&s, &out));
        }
        assert_string_equal(out.data ? out.data : "", rows[i].wanted);
        redact_stream_release(&s);
        redactor_free(r);
    }
}

static void test_text_that_was_cut(void **state UNUSED)
{
    static const struct {
        const char *text, *wanted;
    } rows[] = {
        { "token 0123456789abc", "token 012[REDACTED]" },
        { "token 01", "token 01" },
        { "token 0123456789abcdef", "token [REDACTED]" },
        { "token", "token" },
    };
    struct redactor *r = redactor_of((const char *const[]){ "0123456789abcdef", NULL });

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        scoped_buf out = BUF_INIT(4096);
        assert_true(redact_text(r, rows[i].text, strlen(rows[i].text), true, &out));
        assert_string_equal(out.data, rows[i].wanted);
    }
    redactor_free(r);
}

/* Values that go on and on hold back a bounded number of bytes, and none of them comes out. */
static void test_what_is_held_is_bounded(void **state UNUSED)
{
    static char value[REDACT_VALUE_MAX], flood[REDACT_HELD_MAX * 4];
    struct buf v = BUF_INIT(sizeof(value));
    scoped_buf out = BUF_INIT(4096);
    struct redact_stream s;
    struct redactor *r;

    memset(value, 'a', sizeof(value));
    memset(flood, 'a', sizeof(flood));
    assert_true(buf_append(&v, value, sizeof(value)));
    r = redactor_new(&v, 1);
    assert_non_null(r);
    redact_stream_init(&s, r);
    for (size_t at = 0; at < sizeof(flood); at += 4096) {
        push(&s, flood + at, 4096, false, &out);
        assert_true(s.held.len <= REDACT_HELD_MAX);
    }
    push(&s, "b", 1, true, &out);
    assert_null(memchr(out.data, 'a', out.len));
    assert_int_equal(out.data[out.len - 1], 'b');
    redact_stream_release(&s);
    redactor_free(r);
    buf_release(&v);
}

static void test_values_beyond_the_limits(void **state UNUSED)
{
    struct buf values[REDACT_VALUES_MAX + 1];
    struct redactor *r;

    for (size_t i = 0; i <= REDACT_VALUES_MAX; i++) {
        values[i] = (struct buf)BUF_INIT(SIZE_MAX / 2);
        assert_true(buf_printf(&values[i], "value\n%zu", i));
    }
    assert_null(redactor_new(values, 0));
    assert_null(redactor_new(values, REDACT_VALUES_MAX + 1));
    r = redactor_new(values, REDACT_VALUES_MAX);
    assert_non_null(r);
    assert_true(redact_finds(r, "a value\r\n99.", 12, false));
    assert_false(redact_finds(r, "a value\r\n100", 9, false));
    redactor_free(r);
    while (values[0].len <= REDACT_VALUE_MAX)
        assert_true(buf_append_str(&values[0], "x"));
    assert_null(redactor_new(values, 1));
    buf_clear(&values[0]);
    assert_null(redactor_new(values, 1));
    for (size_t i = 0; i <= REDACT_VALUES_MAX; i++)
        buf_release(&values[i]);
    redactor_free(NULL);
}

static void test_without_values_all_goes_through(void **state UNUSED)
{
    scoped_buf out = BUF_INIT(4096);

    assert_true(redact_text(NULL, "hunter2", 7, true, &out));
    assert_string_equal(out.data, "hunter2");
    assert_false(redact_finds(NULL, "hunter2", 7, true));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts_whole_and_cut_everywhere),
        cmocka_unit_test(test_pauses),
        cmocka_unit_test(test_text_that_was_cut),
        cmocka_unit_test(test_what_is_held_is_bounded),
        cmocka_unit_test(test_values_beyond_the_limits),
        cmocka_unit_test(test_without_values_all_goes_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
