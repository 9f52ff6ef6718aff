/*
 * Plain reads: every recorded case, glued reads against whole ones, and the linear renderer against
 * the grid renderer on generated input.
 * run: first
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/term/plain.h"
#include "engine/term/plain_grid.h"
#include "engine/term/plain_linear.h"
#include "engine/term/track.h"
#include "engine/term/vtparse.h"
#include "vmm/base/confine.h"
#include "vmm/base/json.h"
#include "vmm/base/utf8.h"

#define VECTORS "tests/render-vectors.jsonl"

static bool alternate_at(const char *bytes, size_t n)
{
    struct track track;

    track_init(&track, 0, NULL, NULL);
    track_feed(&track, bytes, n);
    return track.alternate;
}

static void check_vector(const json_t *vector)
{
    const char *input = json_string_value(json_object_get(vector, "input"));
    size_t n = json_string_length(json_object_get(vector, "input"));
    const char *plain = json_string_value(json_object_get(vector, "plain"));
    struct plain_options options = { .rows = (int)json_int_or(vector, "rows", 0),
                                     .cols = (int)json_int_or(vector, "cols", 0) };
    struct plain_result result;
    struct pyro_error err = { 0 };
    scoped_buf grid = BUF_INIT(PLAIN_TEXT_MAX);
    bool alt;

    options.from = (size_t)json_int_or(vector, "from", 0);
    options.alt_from = alternate_at(input, options.from);

    print_message("%s\n", json_string_or(vector, "name", "?"));
    if (!plain_render(input, n, &options, &result, &err))
        fail_msg("%s", err.message);
    assert_string_equal(result.text.data ? result.text.data : "", plain);
    assert_int_equal(result.held, json_int_or(vector, "held", 0));
    assert_int_equal(result.alt_screen, json_bool_or(vector, "alt_screen", false));
    if (!options.from) {
        assert_true(plain_render_on_grid(input, n - result.held, &options, &grid, &alt));
        assert_string_equal(grid.data ? grid.data : "", plain);
    }
    buf_release(&result.text);
}

static void test_plain_render_vectors(void **state)
{
    scoped_file FILE *file = fopen(VECTORS, "re");
    char line[8192];
    int count = 0;

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        scoped_json json_t *vector = json_loads(line, JSON_ALLOW_NUL, NULL);
        assert_non_null(vector);
        check_vector(vector);
        count++;
    }
    assert_true(count >= 71);
}

/* ---- generated input ---- */

static uint32_t seed;

static unsigned pick(unsigned below)
{
    seed = seed * 1664525u + 1013904223u;
    return (unsigned)((uint64_t)(seed >> 8) * below >> 24);
}

static const char *const linear_piece[] = {
    "a",
    "b",
    "hello ",
    "word",
    " ",
    "\xc3\xa9",
    "\xe6\x97\xa5",
    "e\xcc\x81",
    "\xcc\x81",
    "\xf0\x9f\x98\x80",
    "\xe3\x81\x8b\xe3\x82\x99",
    "\r\n",
    "\r\n",
    "\r",
    "\n",
    "\b",
    "\t",
    "\t",
    "\x07",
    "\x1b[m",
    "\x1b[1;31m",
    "\x1b[K",
    "\x1b[1K",
    "\x1b[2K",
    "\x1b[3C",
    "\x1b[2D",
    "\x1b[5G",
    "\x1b[C",
    "\x1b[D",
    "\x1b[19G",
    "\x1b(B",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x\x1b\\",
    "\x1bP1$r\x1b\\",
    "\x1b[?2004h",
    "\x1b[?25l",
    "\x1b=",
    "\xff",
    "\xe6\x97",
    "\xc2\x85",
    "aaaaaaaaaaaaaaaaaaa",
    "\x7f",
    "\v",
    "\x1b[>4;1m",
    "\x1b[38;5;1m",
    "\x1b]x\x18",
    "\x1b\x1b[m",
    "xyz\x1b[Kuvw",
    "0123456789",
    "\x1b[99D",
    "\x1b[99C",
};
static const char *const append_piece[] = {
    "a",
    "hello ",
    "word",
    " ",
    "\xc3\xa9",
    "\xe6\x97\xa5",
    "e\xcc\x81",
    "\xf0\x9f\x98\x80",
    "\r\n",
    "\r\n",
    "\x07",
    "\t",
    "\x1b[m",
    "\x1b[1;31m",
    "\x1b(B",
    "\x1b]0;title\x07",
    "\x1b]8;;http://x\x1b\\",
    "\x1b[?2004h",
    "\x1bP1$r\x1b\\",
    "0123456789",
    "\x1b[38:2::1:2:3m",
    "\x1b_app\x1b\\",
    "\xff",
    "\x1b[\x07m",
};
static const char *const grid_piece[] = {
    "\x1b[A",
    "\x1b[2B",
    "\x1b[H",
    "\x1b[2;3H",
    "\x1b[J",
    "\x1b[1J",
    "\x1b[2J",
    "\x1b[3J",
    "\x1b[L",
    "\x1b[M",
    "\x1b[2P",
    "\x1b[3@",
    "\x1b[4X",
    "\x1b[2S",
    "\x1b[T",
    "\x1bM",
    "\x1b"
    "7",
    "\x1b"
    "8",
    "\x1b"
    "c",
    "\x1b[2;4r",
    "\x1b[r",
    "\x1b[?1049h",
    "\x1b[?1049l",
    "\x1b[?47h",
    "\x1b[?47l",
    "\x1b[?7l",
    "\x1b[?7h",
    "\x1b[4h",
    "\x1b[4l",
    "\x1b[?6h",
    "\x1b[?6l",
    "\x1b(0",
    "\x0e",
    "\x0f",
    "\x1b[5b",
    "\x1b[3g",
    "\x1bH",
    "\x1b[2I",
    "\x1b[Z",
    "\x1b#8",
    "\x1b[!p",
    "\x1b"
    "E",
    "\x1b"
    "D",
    "\x1b[20h",
    "\x1b[20l",
    "\x1b[s",
    "\x1b[u",
};

static void generate(struct buf *out, const char *const *piece, size_t count, size_t length)
{
    for (size_t i = 0; i < length; i++)
        assert_true(buf_append_str(out, piece[pick((unsigned)count)]));
}

/* The answer is the same whichever renderer gives it. */
static void test_plain_linear_agrees_with_grid(void **state)
{
    unsigned answered = 0;

    (void)state;
    for (seed = 1; answered < 20000; seed += 7919) {
        uint32_t kept = seed;
        scoped_buf input = BUF_INIT(1 << 20);
        scoped_buf linear = BUF_INIT(1 << 20), grid = BUF_INIT(1 << 20);
        struct plain_options options = { .rows = 1 + (int)pick(6), .cols = 2 + (int)pick(24) };
        bool alt;

        generate(&input, linear_piece, ARRAY_SIZE(linear_piece), 1 + pick(30));
        if (plain_linear_render(input.data, input.len, options.cols, 0, NULL, &linear) ==
            PLAIN_LINEAR_DONE) {
            assert_true(plain_render_on_grid(input.data, input.len, &options, &grid, &alt));
            if (linear.len != grid.len || memcmp(linear.data, grid.data, grid.len))
                print_message("seed %u rows %d cols %d\n", kept, options.rows, options.cols);
            assert_int_equal(linear.len, grid.len);
            assert_memory_equal(linear.data, grid.data, grid.len);
            answered++;
        }
        seed = kept;
    }
}

static void same_text(const struct buf *a, const struct buf *b)
{
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->len ? a->data : "", b->len ? b->data : "", a->len);
}

/* So is what a read from any cursor on has changed. */
static void test_plain_linear_agrees_from_a_cursor(void **state)
{
    unsigned answered = 0;

    (void)state;
    for (unsigned round = 1; answered < 20000; round++) {
        scoped_buf input = BUF_INIT(1 << 20);
        struct plain_change linear = { .before = BUF_INIT(1 << 20), .after = BUF_INIT(1 << 20) };
        struct plain_change grid = { .before = BUF_INIT(1 << 20), .after = BUF_INIT(1 << 20) };
        struct plain_options options = { .rows = 1 + (int)(round % 6),
                                         .cols = 2 + (int)(round % 24) };
        bool alt;

        seed = 7919 * round;
        generate(&input, linear_piece, ARRAY_SIZE(linear_piece), 1 + pick(40));
        options.from = pick((unsigned)input.len + 1);
        options.from -= vtparse_held_back(input.data, options.from, 0);
        if (plain_change_linear(input.data, input.len, &options, &linear) == PLAIN_LINEAR_DONE) {
            assert_true(plain_change_on_grid(input.data, input.len, &options, &grid, &alt));
            assert_true(plain_change_cut(&linear) && plain_change_cut(&grid));
            if (linear.after.len != grid.after.len || linear.rewrites != grid.rewrites)
                print_message("round %u from %zu\n", round, options.from);
            same_text(&linear.after, &grid.after);
            assert_int_equal(linear.rewrites, grid.rewrites);
            answered++;
        }
        plain_change_release(&linear);
        plain_change_release(&grid);
    }
}

/* Each read on the grid is a process of its own, which takes a sanitizer thirty times as long. */
#define GLUED_ROUNDS (CONFINE_SANITIZED ? 300 : 3000)

/* Reads that end anywhere, glued together, give what one read gives. */
static void test_plain_render_glued_reads(void **state)
{
    (void)state;
    for (unsigned round = 0; round < GLUED_ROUNDS; round++) {
        scoped_buf input = BUF_INIT(1 << 20), glued = BUF_INIT(1 << 20);
        struct plain_options whole = { .rows = 5, .cols = 20, .ended = true };
        struct plain_result result;
        struct pyro_error err;
        size_t cursor = 0, seen = 0;

        seed = round;
        generate(&input, append_piece, ARRAY_SIZE(append_piece), 1 + pick(60));
        while (cursor < input.len) {
            struct plain_options part = { .rows = 5, .cols = 20, .from = cursor };
            seen += 1 + pick(9);
            if (seen > input.len)
                seen = input.len;
            part.ended = seen == input.len;
            assert_true(plain_render(input.data, seen, &part, &result, &err));
            assert_true(buf_append(&glued, result.text.data, result.text.len));
            cursor = seen - result.held;
            buf_release(&result.text);
        }
        assert_true(plain_render(input.data, input.len, &whole, &result, &err));
        if (result.text.len != glued.len)
            print_message("round %u '%s' '%s' '%s'\n", round, input.data, result.text.data,
                          glued.data);
        assert_int_equal(result.text.len, glued.len);
        assert_memory_equal(result.text.data, glued.data, glued.len);
        buf_release(&result.text);
    }
}

/* Anything at all, with resizes: no crash, valid text, and the split of the feeds does not matter.
 */
static void test_plain_grid_split_feeds(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 5000; round++) {
        scoped_buf input = BUF_INIT(1 << 20), one = BUF_INIT(1 << 20), many = BUF_INIT(1 << 20);
        struct plain_grid a, b;
        int rows = 1 + (int)(round % 7), cols = 2 + (int)(round % 23);

        seed = round;
        for (unsigned i = 0; i < 25; i++) {
            generate(&input, linear_piece, ARRAY_SIZE(linear_piece), pick(6));
            generate(&input, grid_piece, ARRAY_SIZE(grid_piece), 1 + pick(3));
        }
        assert_true(plain_grid_init(&a, rows, cols, round & 1, &one));
        assert_true(plain_grid_init(&b, rows, cols, round & 1, &many));
        plain_grid_feed(&a, input.data, input.len);
        for (size_t i = 0; i < input.len; i++)
            plain_grid_feed(&b, input.data + i, 1);
        plain_grid_resize(&a, 1 + (int)pick(9), 2 + (int)pick(30));
        plain_grid_resize(&b, a.rows, a.cols);
        plain_grid_feed(&a, input.data, input.len);
        plain_grid_feed(&b, input.data, input.len);
        assert_true(plain_grid_finish(&a) && plain_grid_finish(&b));
        assert_int_equal(one.len, many.len);
        assert_memory_equal(one.data, many.data, one.len);
        assert_true(utf8_is_valid(one.data, one.len));
        plain_grid_release(&a);
        plain_grid_release(&b);
    }
}

/* ---- single rules ---- */

static void check_held(const char *bytes, size_t n, char in_string, size_t held)
{
    assert_int_equal(vtparse_held_back(bytes, n, in_string), held);
}

static void test_held_back_cases(void **state)
{
    char string[5000];

    (void)state;
    check_held("", 0, 0, 0);
    check_held("abc", 3, 0, 0);
    check_held("abc\xe6\x97", 5, 0, 2);
    check_held("abc\xf0\x9f\x98", 6, 0, 3);
    check_held("abc\xff", 4, 0, 0);
    check_held("\x1b[1m\xe6", 5, 0, 1);
    check_held("\x1b[1\xe6", 4, 0, 1);
    check_held("\x1b]0;t", 5, 0, 5);
    check_held("\x1b]0;t\x1b", 6, 0, 6);
    check_held("\x1b]0;t\x1b\\", 7, 0, 0);
    check_held("x\x1b", 2, 0, 1);
    check_held("\x1b[1m\x1b", 5, 0, 1);
    check_held("inside", 6, ']', 0);
    check_held("inside\x1b", 7, 'P', 1);
    check_held("\x1b(", 2, 0, 2);
    memset(string, 'x', sizeof string);
    memcpy(string, "\x1b]", 2);
    check_held(string, 4096, 0, 4096);
    check_held(string, 4097, 0, 0);
    string[4999] = '\x1b';
    check_held(string, 5000, 0, 1);
}

static void check_text(const struct plain_options *options, const char *input, const char *text)
{
    struct plain_result result;
    struct pyro_error err;

    assert_true(plain_render(input, strlen(input), options, &result, &err));
    assert_string_equal(result.text.data ? result.text.data : "", text);
    buf_release(&result.text);
}

static void test_plain_render_starts_inside(void **state)
{
    struct plain_options alternate = { .rows = 6, .cols = 20, .alt_screen = true };
    struct plain_options string = { .rows = 6, .cols = 20, .in_string = ']' };

    (void)state;
    check_text(&alternate, "drawn\x1b[2J\x1b[H more\x1b[?1049l$ ls\r\n", "$ ls\n");
    check_text(&string, "c;rest of it\x07text\r\n", "text\n");
    check_text(&string, "c;rest\x1b\\text\r\n\x1b[A", "text");
}

/* Neither a narrower nor a lower terminal takes back what was printed before. */
static void test_plain_render_resizes(void **state)
{
    struct plain_resize narrow[] = { { 14, 3, 5 } }, wide[] = { { 0, 6, 40 } };
    struct plain_options options = { .rows = 6, .cols = 20, .resizes = narrow, .resize_count = 1 };

    (void)state;
    check_text(&options, "abcdefghijkl\r\n012345678\r\n", "abcdefghijkl\n012345678\n");
    check_text(&options,
               "a\r\nb\r\nc\r\nd\r\ne"
               "fg\x1b[Hx\r\n",
               "a\nb\nx\nd\nefg");
    options.resizes = wide;
    check_text(&options, "abcdefghijklmnopqrstuvwxyz\rX\r\n", "Xbcdefghijklmnopqrstuvwxyz\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_render_vectors),
        cmocka_unit_test(test_held_back_cases),
        cmocka_unit_test(test_plain_render_starts_inside),
        cmocka_unit_test(test_plain_render_resizes),
        cmocka_unit_test(test_plain_render_glued_reads),
        cmocka_unit_test(test_plain_grid_split_feeds),
        cmocka_unit_test(test_plain_linear_agrees_with_grid),
        cmocka_unit_test(test_plain_linear_agrees_from_a_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
