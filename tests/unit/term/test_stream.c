/* The streaming renderer gives what one whole rendering gives, whatever the chunks and the batches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "engine/term/plain.h"
#include "engine/term/stream.h"

static uint32_t seed;

static unsigned pick(unsigned below)
{
    seed = seed * 1664525u + 1013904223u;
    return (unsigned)((uint64_t)(seed >> 8) * below >> 24);
}

static const char *const line_piece[] = {
    "some words\r\n",
    "\x1b[31mred\x1b[m ",
    "\r\n",
    "a long stretch of text that wraps at the margin ",
    "10%\r20%\r",
    "\x1b[K",
    "\ttab",
    "\b\b",
    "\xe6\x97\xa5",
    "e\xcc\x81",
    "\n",
    "\x1b]0;title\x07",
    "\x1b[5C",
    "x\r\n",
};
static const char *const other_piece[] = { "\x1b[A\x1b[Kagain\r\n",
                                           "\x1b[H",
                                           "\x1b[2L",
                                           "\x1b[?1049hdrawn\x1b[?1049l",
                                           "\x1b[J",
                                           "\x1b[2;3r",
                                           "\x1bM" };

static bool collect(void *user, const char *text, size_t n)
{
    return buf_append(user, text, n);
}

static void check_round(unsigned round)
{
    scoped_buf input = BUF_INIT(1 << 22), whole = BUF_INIT(1 << 22), parts = BUF_INIT(1 << 22);
    struct plain_options options;
    struct plain_stream stream;
    unsigned pieces, other_from;
    bool alt;

    seed = round;
    options = (struct plain_options){ .rows = 1 + (int)pick(6), .cols = 2 + (int)pick(30) };
    pieces = 1 + pick(150);
    other_from = pick(200);
    for (unsigned i = 0; i < pieces; i++) {
        bool other = i >= other_from && pick(4) == 0;
        assert_true(buf_append_str(&input, other ? other_piece[pick(ARRAY_SIZE(other_piece))]
                                                 : line_piece[pick(ARRAY_SIZE(line_piece))]));
    }
    assert_true(plain_render_on_grid(input.data, input.len, &options, &whole, &alt));
    assert_true(plain_stream_init(&stream, options.rows, options.cols, collect, &parts));
    stream.batch = stream.next = 1 + pick(200);
    for (size_t at = 0; at < input.len;) {
        size_t n = 1 + pick(40);
        if (n > input.len - at)
            n = input.len - at;
        assert_true(plain_stream_feed(&stream, input.data + at, n));
        at += n;
    }
    assert_true(plain_stream_finish(&stream));
    plain_stream_release(&stream);
    if (whole.len != parts.len || (whole.len && memcmp(whole.data, parts.data, whole.len)))
        print_message("round %u\n", round);
    assert_int_equal(whole.len, parts.len);
    if (whole.len)
        assert_memory_equal(whole.data, parts.data, whole.len);
}

static void test_plain_stream_equals_whole(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 3000; round++)
        check_round(round);
}

static size_t last_pending;

static bool count_only(void *user, const char *text, size_t n)
{
    (void)text;
    *(size_t *)user += n;
    return true;
}

/* A line without end, and one that never leaves its row: memory stays bounded. */
static void test_plain_stream_bounded(void **state)
{
    static const char *const endless[] = { "text without any line end ",
                                           "\rprogress bar of some length",
                                           "\x1b]a string that is not ended" };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(endless); i++) {
        struct plain_stream stream;
        scoped_buf chunk = BUF_INIT(1 << 20);
        size_t total = 0;

        while (chunk.len < 60000)
            assert_true(buf_append_str(&chunk, endless[i]));
        assert_true(plain_stream_init(&stream, 30, 120, count_only, &total));
        for (int n = 0; n < 400; n++) {
            assert_true(plain_stream_feed(&stream, chunk.data, chunk.len));
            last_pending = stream.pending.len + stream.out.len;
            assert_in_range(last_pending, 0, 20 << 20);
        }
        assert_true(plain_stream_finish(&stream));
        plain_stream_release(&stream);
    }
}

/* Erasing takes back what is on the screen, not what has been written. */
static void test_plain_stream_keeps_what_left(void **state)
{
    scoped_buf text = BUF_INIT(1000);
    struct plain_stream stream;
    const char *input = "1\r\n2\r\n3\r\n4\x1b[2J\x1b[3J\x1b[H5";

    (void)state;
    assert_true(plain_stream_init(&stream, 2, 10, collect, &text));
    assert_true(plain_stream_feed(&stream, input, strlen(input)));
    assert_true(plain_stream_finish(&stream));
    plain_stream_release(&stream);
    assert_string_equal(text.data, "1\n2\n5");
}

static int file_with(const char *bytes, size_t repeat)
{
    char path[] = "/tmp/pyro-test-stream-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    unlink(path);
    for (size_t i = 0; i < repeat; i++)
        assert_int_equal(write(fd, bytes, strlen(bytes)), strlen(bytes));
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void test_stream_plain_text(void **state)
{
    scoped_close int fd = file_with("\x1b[1mbold\x1b[m\r\nup\x1b[A\x1b[B\r\n", 1000);
    scoped_buf text = BUF_INIT(1 << 20);
    struct pyro_error err;

    (void)state;
    assert_true(plain_stream_text(fd, 10, 80, &text, &err));
    assert_int_equal(text.len, 8000);
    assert_memory_equal(text.data, "bold\nup\nbold\n", 13);
}

static void test_stream_screen_tail(void **state)
{
    scoped_close int fd = file_with("\x1b[?1049h", 1), long_fd = file_with("many words, ", 300000);
    struct pyro_error err;
    struct screen s;

    (void)state;
    assert_int_equal(lseek(fd, 0, SEEK_END), 8);
    for (int i = 0; i < 200000; i++)
        assert_int_equal(write(fd, "0123456789", 10), 10);
    assert_int_equal(write(fd, "\x1b[H\x1b[Jend", 9), 9);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_true(screen_after_stream(fd, 5, 20, &s, &err));
    assert_true(s.alt_screen);
    assert_string_equal(s.text[0], "end");
    screen_release(&s);
    assert_true(screen_after_stream(long_fd, 5, 24, &s, &err));
    assert_false(s.alt_screen);
    screen_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_stream_equals_whole),
        cmocka_unit_test(test_plain_stream_bounded),
        cmocka_unit_test(test_plain_stream_keeps_what_left),
        cmocka_unit_test(test_stream_plain_text),
        cmocka_unit_test(test_stream_screen_tail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
