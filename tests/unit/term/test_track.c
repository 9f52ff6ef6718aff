/* The notes beside a log: where the alternate screen and long strings lie, and that reads can use
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/term/plain.h"
#include "engine/term/track.h"

struct seen {
    struct track_event event[32];
    size_t count;
    char text[64]; /* of the last notice */
};

static void on_event(void *user, const struct track_event *event)
{
    struct seen *seen = user;

    assert_true(seen->count < ARRAY_SIZE(seen->event));
    seen->event[seen->count++] = *event;
    if (event->kind == TRACK_NOTICE)
        snprintf(seen->text, sizeof(seen->text), "%s", event->text);
}

static void follow(const char *bytes, size_t n, size_t step, struct seen *ret)
{
    struct track t;

    *ret = (struct seen){ .count = 0 };
    track_init(&t, 1000, on_event, ret);
    for (size_t i = 0; i < n; i += step)
        track_feed(&t, bytes + i, n - i < step ? n - i : step);
    assert_int_equal(t.offset, 1000 + n);
}

static void check_event(const struct seen *seen, size_t i, enum track_kind kind, uint64_t offset)
{
    assert_true(i < seen->count);
    assert_int_equal(seen->event[i].kind, kind);
    assert_int_equal(seen->event[i].offset, 1000 + offset);
}

static void test_track_alternate(void **state)
{
    const char *text = "ab\x1b[?1049hx\x1b[?1049hy\x1b[?25;47lz\x1b[?47h\x1b"
                       "c";
    struct seen seen;

    (void)state;
    for (size_t step = 1; step < 30; step += 7) {
        follow(text, strlen(text), step, &seen);
        assert_int_equal(seen.count, 4);
        check_event(&seen, 0, TRACK_ALT_ENTER, 10);
        check_event(&seen, 1, TRACK_ALT_EXIT, 29);
        check_event(&seen, 2, TRACK_ALT_ENTER, 36);
        check_event(&seen, 3, TRACK_ALT_EXIT, 38);
    }
}

static void test_track_queries(void **state)
{
    static const struct {
        const char *text;
        enum term_query query;
        size_t from, behind;
        bool bell;
    } cases[] = {
        { "ab\x1b[6n", QUERY_CURSOR, 2, 6, false },
        { "\x1b[?6nx", QUERY_DEC_CURSOR, 0, 5, false },
        { "\x1b[5n", QUERY_STATUS, 0, 4, false },
        { "\x1b[c", QUERY_ATTRIBUTES, 0, 3, false },
        { "\x1b[0c", QUERY_ATTRIBUTES, 0, 4, false },
        { "\x1bZ", QUERY_ATTRIBUTES, 0, 2, false },
        { "\x1b[>c", QUERY_VERSION, 0, 4, false },
        { "\x1b]10;?\x07", QUERY_FOREGROUND, 0, 7, true },
        { "x\x1b]11;?\x1b\\y", QUERY_BACKGROUND, 1, 9, false },
        { "\x1b[?2026$p", QUERY_OTHER, 0, 9, false },
        { "\x1b[1c", QUERY_OTHER, 0, 4, false },
    };
    static const char *const none[] = { "\x1b[m", "\x1b]11;#000\x07", "\x1b]0;6n\x07", "[6n",
                                        "\x1b[6\x18n" };
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        for (size_t step = 1; step < 12; step += 5) {
            follow(cases[i].text, strlen(cases[i].text), step, &seen);
            assert_int_equal(seen.count, 1);
            check_event(&seen, 0, TRACK_QUERY, cases[i].behind);
            assert_int_equal(seen.event[0].query, cases[i].query);
            assert_int_equal(seen.event[0].from, 1000 + cases[i].from);
            assert_int_equal(seen.event[0].bell, cases[i].bell);
        }
    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        follow(none[i], strlen(none[i]), 1, &seen);
        assert_int_equal(seen.count, 0);
    }
}

static void test_track_notices(void **state)
{
    static const struct {
        const char *text, *notice;
        size_t at;
    } cases[] = {
        { "ab\a", "", 2 },
        { "\x1b[3\a1m", "", 3 },
        { "a\x1b]9;done\x07", "done", 10 },
        { "\x1b]9;two words\x1b\\x", "two words", 15 },
        { "\x1b]777;notify;make;all is well\x07", "make: all is well", 30 },
        { "\x1b]777;notify;make\x07", "make", 18 },
        { "\x1b]99;;Hello\x1b\\", "Hello", 13 },
        { "\x1b]99;i=1:d=0;Hello\x1b\\", "Hello", 20 },
        { "\x1b]99;e=1;SGVsbG8=\x1b\\", "Hello", 19 },
    };
    static const char *const none[] = {
        "\x1b]9;4;1;50\x07",
        "\x1b]9;4\x07",
        "\x1b]9;\x07",
        "\x1b]777;precmd\x07",
        "\x1b]99;p=body;more\x07",
        "\x1b]99;p=close;\x07",
        "\x1b]0;a title\x07",
        "\x1bP9;text\x1b\\",
    };
    struct seen seen;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        for (size_t step = 1; step < 40; step += 3) {
            follow(cases[i].text, strlen(cases[i].text), step, &seen);
            assert_int_equal(seen.count, 1);
            check_event(&seen, 0, TRACK_NOTICE, cases[i].at);
            assert_string_equal(seen.text, cases[i].notice);
        }
    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        follow(none[i], strlen(none[i]), 1, &seen);
        assert_int_equal(seen.count, 0);
    }
}

/* However many there are, a stretch without a sequence is one event. */
static void test_track_bells(void **state)
{
    char flood[4096];
    struct seen seen;

    (void)state;
    memset(flood, '\a', sizeof(flood));
    follow(flood, sizeof(flood), sizeof(flood), &seen);
    assert_int_equal(seen.count, 1);
    check_event(&seen, 0, TRACK_NOTICE, 0);
}

static void long_string(struct buf *out, const char *start, size_t fill, const char *end)
{
    assert_true(buf_append_str(out, start));
    for (size_t i = 0; i < fill; i++)
        assert_true(buf_append(out, "x", 1));
    assert_true(buf_append_str(out, end));
}

static void test_track_strings(void **state)
{
    static const struct {
        const char *end;
        size_t end_offset; /* from the string's first fill byte's end */
    } cases[] = {
        { "\x07"
          "after",
          1 },
        { "\x1b\\after", 2 },
        { "\x18"
          "after",
          1 },
        { "\x1b[mafter", 0 },
        { "\x1b\x1b[mafter", 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (size_t step = 1; step < 9000; step = step * 3 + 1) {
            scoped_buf text = BUF_INIT(1 << 16);
            struct seen seen;

            long_string(&text, "abc\x1b]52;", 5000, cases[i].end);
            follow(text.data, text.len, step, &seen);
            assert_int_equal(seen.count, 2);
            check_event(&seen, 0, TRACK_STRING_START, 3);
            assert_int_equal(seen.event[0].string_kind, ']');
            check_event(&seen, 1, TRACK_STRING_END, 8 + 5000 + cases[i].end_offset);
        }
    }
}

static void test_track_short_string(void **state)
{
    scoped_buf text = BUF_INIT(1 << 16);
    struct seen seen;

    (void)state;
    long_string(&text, "\x1b]", 4094, "\x07");
    long_string(&text, "\x1bP", 100, "\x1b\\");
    follow(text.data, text.len, 17, &seen);
    assert_int_equal(seen.count, 0);
}

/* A reader that keeps to hold-back and notes sees every character once and no part of a sequence.
 */
static void test_track_reads_with_notes(void **state)
{
    scoped_buf text = BUF_INIT(1 << 20);

    (void)state;
    long_string(&text, "one\r\n\x1b]52;c;", 9000, "\x07two\r\n");
    long_string(&text, "\x1bPq", 5000, "\x1b\\three\r\n");
    for (size_t size = 100; size < 6000; size += 701) {
        scoped_buf glued = BUF_INIT(1 << 20);
        struct seen seen;
        size_t cursor = 0, end = 0;

        follow(text.data, text.len, 999, &seen);
        while (cursor < text.len) {
            struct plain_options options = { .rows = 5, .cols = 20 };
            struct plain_result result;
            struct pyro_error err;

            for (size_t i = 0; i + 1 < seen.count; i += 2) {
                if (cursor > seen.event[i].offset - 1000 &&
                    cursor < seen.event[i + 1].offset - 1000)
                    cursor = seen.event[i + 1].offset - 1000;
            }
            if (end < cursor)
                end = cursor;
            end = end + size < text.len ? end + size : text.len;
            options.ended = end == text.len;
            assert_true(plain_render(text.data + cursor, end - cursor, &options, &result, &err));
            assert_true(buf_append(&glued, result.text.data, result.text.len));
            cursor = end - result.held;
            buf_release(&result.text);
        }
        assert_string_equal(glued.data, "one\ntwo\nthree\n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_track_alternate),        cmocka_unit_test(test_track_queries),
        cmocka_unit_test(test_track_notices),          cmocka_unit_test(test_track_bells),
        cmocka_unit_test(test_track_strings),          cmocka_unit_test(test_track_short_string),
        cmocka_unit_test(test_track_reads_with_notes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
