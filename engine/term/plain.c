/* Chooses the renderer of a plain read, and what to hold back. */
#include "engine/term/plain.h"

#include <stdlib.h>
#include <string.h>

#include "engine/term/plain_grid.h"
#include "engine/term/vtparse.h"
#include "vmm/base/sandbox.h"

struct grid_job {
    const char *bytes;
    size_t n;
    const struct plain_options *options;
};

/* ---- on the grid ---- */

struct feed {
    size_t at, resizes, exits; /* how far it is, and how many stops were taken */
    size_t stamps;             /* whose lines are known */
    unsigned drops;
};

static void feed_to_stops(struct plain_grid *grid, const char *bytes, size_t end,
                          const struct plain_options *options, struct feed *f)
{
    struct plain_stop stop;

    while (plain_next_stop(options, end, &f->resizes, &f->exits, &stop)) {
        if (stop.offset > f->at) {
            plain_grid_feed(grid, bytes + f->at, stop.offset - f->at);
            f->at = stop.offset;
        }
        if (stop.resize)
            plain_grid_resize(grid, stop.resize->rows, stop.resize->cols);
        else if (grid->alternate)
            plain_edit_alternate(grid, false, true);
    }
    plain_grid_feed(grid, bytes + f->at, end - f->at);
    f->at = end;
}

/* A line of a text that was dropped since is above what there is. */
static void drop_stamps(const struct plain_grid *grid, int64_t *lines, struct feed *f)
{
    for (size_t i = 0; f->drops != grid->drops && i < f->stamps; i++)
        lines[i] = -1;
    f->drops = grid->drops;
}

static void feed_grid(struct plain_grid *grid, const char *bytes, size_t end,
                      const struct plain_options *options, int64_t *lines, struct feed *f)
{
    for (; f->stamps < options->stamp_count && options->stamps[f->stamps] <= end; f->stamps++) {
        if (options->stamps[f->stamps] > f->at)
            feed_to_stops(grid, bytes, options->stamps[f->stamps], options, f);
        drop_stamps(grid, lines, f);
        lines[f->stamps] = grid->failed ? -1 : (int64_t)plain_grid_line(grid);
    }
    feed_to_stops(grid, bytes, end, options, f);
    drop_stamps(grid, lines, f);
}

/* Room for the stamps' lines; those that no byte reaches are behind all. */
static bool prepare_stamps(struct plain_change *change, const struct plain_options *options)
{
    if (!options->stamp_count)
        return true;
    change->stamp_count = options->stamp_count;
    change->stamp_lines = malloc(options->stamp_count * sizeof(*change->stamp_lines));
    for (size_t i = 0; change->stamp_lines && i < options->stamp_count; i++)
        change->stamp_lines[i] = INT64_MAX;
    return change->stamp_lines != NULL;
}

bool plain_change_on_grid(const char *bytes, size_t n, const struct plain_options *options,
                          struct plain_change *change, bool *ret_alt_screen)
{
    struct plain_grid grid;
    struct feed f = { .at = 0 };
    bool done =
        plain_grid_init(&grid, options->rows, options->cols, options->alt_screen, &change->after) &&
        prepare_stamps(change, options);

    if (done) {
        grid.colors = grid.keep = options->colors;
        if (options->in_string)
            vtparse_enter_string(&grid.parse, options->in_string);
        if (options->from) {
            feed_grid(&grid, bytes, options->from, options, change->stamp_lines, &f);
            done = plain_grid_mark(&grid, &change->before);
        }
        feed_grid(&grid, bytes, n, options, change->stamp_lines, &f);
        done = done && plain_grid_finish(&grid);
        change->cleared = grid.watch.cleared;
        change->rewrites = grid.watch.rewrites;
        *ret_alt_screen = grid.alternate;
    }
    plain_grid_release(&grid);
    return done;
}

bool plain_render_on_grid(const char *bytes, size_t n, const struct plain_options *options,
                          struct buf *text, bool *ret_alt_screen)
{
    struct plain_options all = *options;
    struct plain_change change = { .after = *text };
    bool done;

    all.from = all.stamp_count = 0;
    done = plain_change_on_grid(bytes, n, &all, &change, ret_alt_screen);
    *text = change.after;
    return done;
}

/* How the child ends its answer: after both texts the line of each stamp, the length of the first
 * text, and three flags. */
#define TRAILER_BYTES 9
#define FLAG_ALTERNATE 1
#define FLAG_CLEARED 2
#define FLAG_REWRITES 4

static bool plain_run_grid_job(void *arg)
{
    const struct grid_job *job = arg;
    struct plain_change change = { .before = BUF_INIT(PLAIN_TEXT_MAX),
                                   .after = BUF_INIT(PLAIN_TEXT_MAX) };
    uint8_t trailer[TRAILER_BYTES];
    bool alt_screen;

    if (!plain_change_on_grid(job->bytes, job->n, job->options, &change, &alt_screen))
        return false;
    put_u64(trailer, change.before.len);
    trailer[8] = (uint8_t)((alt_screen ? FLAG_ALTERNATE : 0) | (change.cleared ? FLAG_CLEARED : 0) |
                           (change.rewrites ? FLAG_REWRITES : 0));
    return sandbox_write(change.before.data, change.before.len) &&
           sandbox_write(change.after.data, change.after.len) &&
           sandbox_write(change.stamp_lines, change.stamp_count * sizeof(*change.stamp_lines)) &&
           sandbox_write(trailer, sizeof trailer);
}

/* Takes the child's answer, which may be anything. */
static bool take_answer(struct buf *answer, size_t stamps, struct plain_change *change,
                        bool *ret_alt_screen, struct pyro_error *err)
{
    struct reader r = reader_of(answer->data, answer->len);
    size_t lines_bytes = stamps * sizeof(*change->stamp_lines), end = lines_bytes + TRAILER_BYTES;
    const uint8_t *texts, *lines;
    uint64_t before;
    uint8_t flags;

    if (answer->len < end || !rd_bytes(&r, answer->len - end, &texts) ||
        !rd_bytes(&r, lines_bytes, &lines) || !rd_u64(&r, &before) || !rd_u8(&r, &flags) ||
        before > answer->len - end)
        return pyro_fail(err, PYRO_INTERNAL, "rendering: the terminal process gave a wrong answer");
    if (before && !buf_append(&change->before, texts, before))
        return pyro_no_memory(err, "rendering");
    change->stamp_lines = stamps ? malloc(lines_bytes) : NULL;
    if (stamps && !change->stamp_lines)
        return pyro_no_memory(err, "rendering");
    if (stamps)
        memcpy(change->stamp_lines, lines, lines_bytes);
    change->stamp_count = stamps;
    answer->len -= end;
    answer->data[answer->len] = '\0';
    buf_consume(answer, before);
    change->after = *answer;
    *answer = (struct buf)BUF_INIT(0);
    change->cleared = flags & FLAG_CLEARED;
    change->rewrites = flags & FLAG_REWRITES;
    *ret_alt_screen = flags & FLAG_ALTERNATE;
    return true;
}

static bool render_in_child(const char *bytes, size_t n, const struct plain_options *options,
                            struct plain_change *change, bool *ret_alt_screen,
                            struct pyro_error *err)
{
    struct grid_job job = { bytes, n, options };
    const struct sandbox_task task = { .job = plain_run_grid_job,
                                       .arg = &job,
                                       .heap_bytes = ((size_t)128 << 20) +
                                                     (job.options->colors ? 32 : 16) * n +
                                                     16 * options->stamp_count,
                                       .cpu_seconds = 60 };
    scoped_buf answer = BUF_INIT(PLAIN_TEXT_MAX + PLAIN_TEXT_MAX / 2);

    return sandbox_run(&task, -1, &answer, err) &&
           take_answer(&answer, options->stamp_count, change, ret_alt_screen, err);
}

/* ---- along the line ---- */

/*
 * The rows that the screen has at most: after that many line ends nothing is left on it of what was
 * there before, however it got there.
 */
static size_t rows_at_most(const struct plain_options *options)
{
    int rows = options->rows;

    for (size_t i = 0; i < options->resize_count; i++)
        rows = options->resizes[i].rows > rows ? options->resizes[i].rows : rows;
    return rows < 1 ? 1 : rows > TERM_ROWS_MAX ? TERM_ROWS_MAX : (size_t)rows;
}

/* The start of the line that many line ends before `from` at which the cursor was in the first
 * column; 0: there are not that many. */
static size_t lines_before(const char *bytes, size_t from, size_t lines, char in_string)
{
    size_t end = from;

    while (end) {
        const char *lf = memrchr(bytes, '\n', end);
        if (!lf)
            break;
        end = (size_t)(lf - bytes);
        if (lines)
            lines--;
        else if (end && lf[-1] == '\r') {
            const char *esc;
            if (vtparse_at_rest(bytes, end + 1, in_string))
                return end + 1;
            esc = memrchr(bytes, 0x1b, end); /* whatever it is inside of began there */
            end = esc ? (size_t)(esc - bytes) : 0;
        }
    }
    return 0;
}

/* Whether the width in force at `start` stays; that is all the linear renderer depends on. */
static bool one_width(const struct plain_options *options, size_t start, size_t n, int *ret_cols)
{
    int cols = options->cols;

    for (size_t i = 0; i < options->resize_count && options->resizes[i].offset <= n; i++) {
        if (options->resizes[i].offset > start && options->resizes[i].cols != cols)
            return false;
        cols = options->resizes[i].cols;
    }
    *ret_cols = cols < 2 ? 2 : cols > TERM_COLS_MAX ? TERM_COLS_MAX : cols;
    return true;
}

/* Whether the alternate screen ends somewhere after `start`. */
static bool has_exit(const struct plain_options *options, size_t start)
{
    return options->exit_count && options->exits[options->exit_count - 1] > start;
}

/* Only the grid keeps colours; text that sets none needs no grid for them. */
static bool has_colors(const char *bytes, size_t n)
{
    return n && memmem(bytes, n, "\x1b[", 2);
}

enum plain_linear_result plain_change_linear(const char *bytes, size_t n,
                                             const struct plain_options *options,
                                             struct plain_change *change)
{
    size_t lines = rows_at_most(options), from_at = options->from;
    size_t start = from_at ? lines_before(bytes, from_at, lines, options->in_string) : 0;
    struct plain_linear_from from = { .at = from_at - start, .before = BUF_INIT(PLAIN_TEXT_MAX) };
    char in_string = start ? 0 : options->in_string;
    enum plain_linear_result result = PLAIN_LINEAR_NEEDS_GRID;
    int cols;

    if ((from_at ? options->alt_from : options->alt_screen) || (!start && options->alt_screen) ||
        has_exit(options, start) || options->stamp_count || !one_width(options, start, n, &cols) ||
        (options->colors && has_colors(bytes + start, n - start)) ||
        (from.at && !vtparse_at_rest(bytes + start, from.at, in_string)))
        return result;
    result =
        plain_linear_render_from(bytes + start, n - start, cols, in_string, &from, &change->after);
    if (result == PLAIN_LINEAR_DONE) {
        change->before = from.before;
        change->rewrites = from.rewrites;
        return result;
    }
    buf_release(&from.before);
    buf_release(&change->after);
    return result;
}

/* ---- either ---- */

static bool render(const char *bytes, size_t n, const struct plain_options *options,
                   struct plain_change *change, bool *ret_alt_screen, struct pyro_error *err)
{
    switch (plain_change_linear(bytes, n, options, change)) {
    case PLAIN_LINEAR_DONE:
        *ret_alt_screen = false;
        return true;
    case PLAIN_LINEAR_NO_MEMORY:
        return pyro_fail(err, PYRO_NO_MEMORY, "rendering: the text is too large");
    case PLAIN_LINEAR_NEEDS_GRID:
        break;
    }
    return render_in_child(bytes, n, options, change, ret_alt_screen, err);
}

/* Hides secrets in both texts; both lose their colours if any were found in either. */
static bool hide(struct plain_change *change, const struct plain_options *options,
                 struct pyro_error *err)
{
    bool hidden_before = false, hidden_after = false;

    if (!options->hide)
        return true;
    if (!options->hide(options->hide_user, &change->before, &hidden_before, err) ||
        !options->hide(options->hide_user, &change->after, &hidden_after, err))
        return false;
    if (options->colors && (hidden_before || hidden_after))
        plain_change_strip(change);
    if (hidden_before || hidden_after) {
        free(change->stamp_lines);
        change->stamp_lines = NULL;
    }
    return true;
}

bool plain_render(const char *bytes, size_t n, const struct plain_options *options,
                  struct plain_result *ret, struct pyro_error *err)
{
    size_t held = options->ended ? 0 : vtparse_held_back(bytes, n, options->in_string);
    size_t end = n - held, from = options->from < n ? options->from : n;
    struct plain_options rendered = *options;
    struct plain_change change = { .before = BUF_INIT(PLAIN_TEXT_MAX),
                                   .after = BUF_INIT(PLAIN_TEXT_MAX) };
    bool alt_screen = false, ok;

    rendered.from = from - vtparse_held_back(bytes, from, options->in_string);
    if (rendered.from > end)
        rendered.from = end;
    if (from && from == n) /* the unfinished end of an ended stream was already read */
        end = rendered.from;
    ok = render(bytes, end, &rendered, &change, &alt_screen, err) && hide(&change, options, err) &&
         (plain_change_cut(&change) || pyro_no_memory(err, "rendering"));
    if (ok) {
        *ret = (struct plain_result){ .text = change.after,
                                      .held = held < n - from ? held : n - from,
                                      .alt_screen = alt_screen,
                                      .stamp_lines = change.stamp_lines };
        change.after = (struct buf)BUF_INIT(0);
        change.stamp_lines = NULL;
    }
    plain_change_release(&change);
    return ok;
}
