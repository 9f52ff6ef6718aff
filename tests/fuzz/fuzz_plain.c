/*
 * Plain rendering under a fuzzer. The first two bytes choose the size, the rest is terminal output.
 * No input crashes the grid renderer, whatever the split of its feeds; its text is valid UTF-8;
 * wherever the linear renderer answers, it answers what the grid does, also to a read from a
 * cursor, whose answer ends the whole text; a stream gives the same text, and so does text in
 * colour once its colours are taken out.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/term/plain.h"
#include "engine/term/plain_grid.h"
#include "engine/term/plain_linear.h"
#include "engine/term/sgr.h"
#include "engine/term/stream.h"
#include "engine/term/track.h"
#include "engine/term/vtparse.h"
#include "vmm/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_split(const char *bytes, size_t n, int rows, int cols, const struct buf *whole)
{
    scoped_buf text = BUF_INIT(64 << 20);
    struct plain_grid grid;

    require(plain_grid_init(&grid, rows, cols, false, &text));
    for (size_t i = 0, step = 1; i < n; i += step) {
        step = 1 + i % 3;
        if (step > n - i)
            step = n - i;
        plain_grid_feed(&grid, bytes + i, step);
    }
    require(plain_grid_finish(&grid));
    require(text.len == whole->len && (!text.len || memcmp(text.data, whole->data, text.len) == 0));
    plain_grid_release(&grid);
}

static bool collect(void *user, const char *text, size_t n)
{
    return buf_append(user, text, n);
}

static void check_colors(const char *bytes, size_t n, const struct plain_options *options,
                         const struct buf *whole)
{
    scoped_buf text = BUF_INIT(64 << 20);
    struct plain_options colored = *options;
    bool alt_screen;

    colored.colors = true;
    colored.resize_count = 0;
    require(plain_render_on_grid(bytes, n, &colored, &text, &alt_screen));
    require(text.len <= whole->len + 4 * n + SGR_TEXT_MAX);
    if (text.len)
        text.len = sgr_strip(text.data, text.len, text.data, NULL);
    require(text.len == whole->len && (!text.len || memcmp(text.data, whole->data, text.len) == 0));
    buf_clear(&text);
    require(buf_append(&text, bytes, n)); /* any bytes may be taken for text in colour */
    require(sgr_strip(text.data, n, text.data, NULL) <= n);
}

/* The stream, in small batches, gives what a grid gives that keeps what has left the screen. */
static void check_stream(const char *bytes, size_t n, const struct plain_options *options)
{
    int rows = options->rows, cols = options->cols;
    scoped_buf whole = BUF_INIT(64 << 20), parts = BUF_INIT(64 << 20);
    struct plain_grid grid;
    struct plain_stream stream;

    require(plain_grid_init(&grid, rows, cols, false, &whole));
    grid.keep = true;
    plain_grid_feed(&grid, bytes, n);
    require(plain_grid_finish(&grid));
    plain_grid_release(&grid);
    require(plain_stream_init(&stream, rows, cols, collect, &parts));
    stream.batch = stream.next = 1 + n % 50;
    for (size_t i = 0; i < n; i += 7)
        require(plain_stream_feed(&stream, bytes + i, n - i < 7 ? n - i : 7));
    require(plain_stream_finish(&stream));
    plain_stream_release(&stream);
    require(whole.len == parts.len &&
            (!whole.len || memcmp(whole.data, parts.data, whole.len) == 0));
    check_colors(bytes, n, options, &whole);
}

static void require_same(const struct buf *a, const struct buf *b)
{
    require(a->len == b->len && (!a->len || memcmp(a->data, b->data, a->len) == 0));
}

/* What a read from an offset on has changed. */
static void check_change(const char *bytes, size_t n, struct plain_options options,
                         const struct buf *whole)
{
    struct plain_change grid = { .before = BUF_INIT(64 << 20), .after = BUF_INIT(64 << 20) };
    struct plain_change linear = { .before = BUF_INIT(64 << 20), .after = BUF_INIT(64 << 20) };
    size_t from = options.from;
    struct track track;
    bool alt_screen;

    track_init(&track, 0, NULL, NULL);
    track_feed(&track, bytes, from);
    options.alt_from = track.alternate;
    require(plain_find_start(bytes, from) <= from);
    options.from -= vtparse_held_back(bytes, from, 0);
    options.stamps = &options.from;
    options.stamp_count = 1;
    require(plain_change_on_grid(bytes, n, &options, &grid, &alt_screen));
    require(grid.stamp_count == 1 && grid.stamp_lines[0] <= (int64_t)n + TERM_ROWS_MAX);
    options.stamp_count = 0;
    if (!options.colors)
        require_same(&grid.after, whole);
    require(plain_change_cut(&grid));
    require(utf8_is_valid(grid.after.data ? grid.after.data : "", grid.after.len));
    if (!options.colors) {
        require(grid.after.len <= whole->len);
        require(!grid.after.len ||
                memcmp(grid.after.data, whole->data + whole->len - grid.after.len,
                       grid.after.len) == 0);
        if (plain_change_linear(bytes, n, &options, &linear) == PLAIN_LINEAR_DONE) {
            require(plain_change_cut(&linear) && linear.rewrites == grid.rewrites);
            require_same(&linear.after, &grid.after);
        }
    }
    plain_change_release(&grid);
    plain_change_release(&linear);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    scoped_buf linear = BUF_INIT(64 << 20), grid = BUF_INIT(64 << 20), resized = BUF_INIT(64 << 20);
    struct plain_resize resize[2];
    size_t exits[2];
    struct plain_options options = { 0 };
    const char *bytes;
    size_t n;
    bool alt_screen;

    if (size < 3)
        return 0;
    options.rows = 1 + data[0] % 8;
    options.cols = 2 + data[1] % 30;
    n = size - 3;
    bytes = malloc(n ? n : 1); /* exactly as long as it is, for the sanitizer */
    require(bytes != NULL);
    memcpy((void *)(uintptr_t)bytes, data + 3, n);
    require(plain_render_on_grid(bytes, n, &options, &grid, &alt_screen));
    require(utf8_is_valid(grid.data ? grid.data : "", grid.len));
    if (plain_linear_render(bytes, n, options.cols, 0, NULL, &linear) == PLAIN_LINEAR_DONE) {
        require(!alt_screen && linear.len == grid.len);
        require(!grid.len || memcmp(linear.data, grid.data, grid.len) == 0);
    }
    options.from = n * data[2] / 256;
    check_change(bytes, n, options, &grid);
    options.colors = true;
    check_change(bytes, n, options, &grid);
    options.colors = false;
    options.from = 0;
    check_split(bytes, n, options.rows, options.cols, &grid);
    check_stream(bytes, n, &options);
    exits[0] = n / 3;
    exits[1] = n - n / 3;
    resize[0] = (struct plain_resize){ n / 3, 1 + data[2] % 9, 2 + data[2] % 37 };
    resize[1] = (struct plain_resize){ n / 2, 1 + data[2] % 5, 2 + data[2] % 23 };
    options.resizes = resize;
    options.resize_count = 2;
    options.exits = exits;
    options.exit_count = 2;
    require(plain_render_on_grid(bytes, n, &options, &resized, &alt_screen));
    free((void *)(uintptr_t)bytes);
    return 0;
}
