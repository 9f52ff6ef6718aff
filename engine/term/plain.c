/* Which renderer answers a plain read, and what is held back of it. */
#include "engine/term/plain.h"

#include <string.h>

#include "engine/term/plain_grid.h"
#include "engine/term/plain_linear.h"
#include "engine/term/sandbox.h"
#include "engine/term/vtparse.h"

struct grid_job {
    const char *bytes;
    size_t n;
    const struct plain_options *options;
};

bool plain_render_on_grid(const char *bytes, size_t n, const struct plain_options *options,
                          struct buf *text, bool *ret_alt_screen)
{
    struct plain_grid grid;
    size_t at = 0;
    bool done = false;

    if (plain_grid_init(&grid, options->rows, options->cols, options->alt_screen, text)) {
        grid.colors = grid.keep = options->colors;
        if (options->in_string)
            vtparse_enter_string(&grid.parse, options->in_string);
        for (size_t i = 0; i < options->resize_count; i++) {
            const struct plain_resize *r = &options->resizes[i];
            if (r->offset > n)
                break;
            if (r->offset > at) {
                plain_grid_feed(&grid, bytes + at, r->offset - at);
                at = r->offset;
            }
            plain_grid_resize(&grid, r->rows, r->cols);
        }
        plain_grid_feed(&grid, bytes + at, n - at);
        done = plain_grid_finish(&grid);
        *ret_alt_screen = grid.alternate;
    }
    plain_grid_release(&grid);
    return done;
}

static bool run_grid_job(void *arg)
{
    const struct grid_job *job = arg;
    scoped_buf text = BUF_INIT(PLAIN_TEXT_MAX);
    bool alt_screen;
    char flag;

    if (!plain_render_on_grid(job->bytes, job->n, job->options, &text, &alt_screen))
        return false;
    flag = alt_screen ? 1 : 0;
    return sandbox_write(text.data, text.len) && sandbox_write(&flag, 1);
}

static bool render_in_child(const char *bytes, size_t n, const struct plain_options *options,
                            struct plain_result *ret, struct pyro_error *err)
{
    struct grid_job job = { bytes, n, options };
    struct sandbox_limits limits = { .heap_bytes =
                                         ((size_t)128 << 20) + (job.options->colors ? 32 : 16) * n,
                                     .cpu_seconds = 60 };

    if (!sandbox_run(run_grid_job, &job, &limits, -1, &ret->text, err))
        return false;
    if (!ret->text.len)
        return pyro_fail(err, PYRO_INTERNAL, "rendering: the terminal process gave no answer");
    ret->alt_screen = ret->text.data[--ret->text.len] != 0;
    ret->text.data[ret->text.len] = '\0';
    return true;
}

/* Whether the width stays what it was at the first byte; that is all the linear renderer depends
 * on. */
static bool one_width(const struct plain_options *options, size_t n, int *ret_cols)
{
    int cols = options->cols;

    for (size_t i = 0; i < options->resize_count && options->resizes[i].offset <= n; i++) {
        if (options->resizes[i].offset && options->resizes[i].cols != cols)
            return false;
        cols = options->resizes[i].cols;
    }
    *ret_cols = cols < 2 ? 2 : cols > TERM_COLS_MAX ? TERM_COLS_MAX : cols;
    return true;
}

/* Only the grid keeps colours; text that sets none needs no grid for them. */
static bool has_colors(const char *bytes, size_t n)
{
    return n && memmem(bytes, n, "\x1b[", 2);
}

bool plain_render(const char *bytes, size_t n, const struct plain_options *options,
                  struct plain_result *ret, struct pyro_error *err)
{
    size_t held = options->ended ? 0 : vtparse_held_back(bytes, n, options->in_string);
    struct plain_result result = { .text = BUF_INIT(PLAIN_TEXT_MAX), .held = held };
    int cols;

    n -= held;
    if (!options->alt_screen && one_width(options, n, &cols) &&
        !(options->colors && has_colors(bytes, n))) {
        switch (plain_linear_render(bytes, n, cols, options->in_string, NULL, &result.text)) {
        case PLAIN_LINEAR_DONE:
            *ret = result;
            return true;
        case PLAIN_LINEAR_NO_MEMORY:
            buf_release(&result.text);
            return pyro_fail(err, PYRO_NO_MEMORY, "rendering: the text is too large");
        case PLAIN_LINEAR_NEEDS_GRID:
            buf_clear(&result.text);
            break;
        }
    }
    if (!render_in_child(bytes, n, options, &result, err)) {
        buf_release(&result.text);
        return false;
    }
    *ret = result;
    return true;
}
