/* engine/shell/html.c: frames as JSON, in the page of player.html. */
#include "engine/shell/html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/term/picture.h"

#define EVERY_MS 40
#define FRAMES_MAX 30000
#define STYLES_MAX 4096 /* of what has more, the rest looks like plain text */

extern const char _binary_player_html_start[], _binary_player_html_end[];

struct html {
    FILE *out;
    size_t bytes;
    struct picture_look styles[STYLES_MAX]; /* number 0: plain text */
    size_t style_count;
    int64_t ms;
    struct record_result result;
};

/* ---- the page ---- */

/* Writes the page from *at to the next mark, which is passed over. */
static bool put_page(struct html *h, const char **at, const char *mark)
{
    const char *end = _binary_player_html_end;
    const char *found = mark ? memmem(*at, (size_t)(end - *at), mark, strlen(mark)) : end;
    size_t n;

    BUG_ON(!found);
    n = (size_t)(found - *at);
    if (fwrite(*at, 1, n, h->out) != n)
        return false;
    *at = mark ? found + strlen(mark) : end;
    return true;
}

static bool put_style(struct html *h, size_t number)
{
    const struct picture_look *l = &h->styles[number];
    unsigned lines = l->attr & TERM_UNDERLINE_MASK;

    return fprintf(h->out, ".s%zu{color:#%06x;background:#%06x%s%s%s%s%s}\n", number, l->fg, l->bg,
                   l->attr & TERM_BOLD ? ";font-weight:bold" : "",
                   l->attr & TERM_ITALIC ? ";font-style:italic" : "",
                   l->attr & TERM_DIM ? ";opacity:.6" : "",
                   l->attr & TERM_CONCEAL ? ";visibility:hidden" : "",
                   lines && l->attr & TERM_STRIKE ? ";text-decoration:underline line-through"
                   : lines                        ? ";text-decoration:underline"
                   : l->attr & TERM_STRIKE        ? ";text-decoration:line-through"
                                                  : "") >= 0;
}

/* ---- frames ---- */

static unsigned style_number(struct html *h, const struct picture_look *l)
{
    for (size_t i = 0; i < h->style_count; i++)
        if (picture_same_look(&h->styles[i], l))
            return (unsigned)i;
    if (h->style_count == STYLES_MAX)
        return 0;
    h->styles[h->style_count] = *l;
    return (unsigned)h->style_count++;
}

static bool put_character(struct html *h, uint32_t c)
{
    if (c >= ' ' && c < 0x7f && !strchr("<>&\"\\", (int)c)) {
        h->bytes++;
        return putc((int)c, h->out) != EOF;
    }
    h->bytes += 6;
    if (c > 0x10ffff)
        c = 0xfffd;
    if (c < 0x10000)
        return fprintf(h->out, "\\u%04x", c) >= 0;
    c -= 0x10000;
    h->bytes += 6;
    return fprintf(h->out, "\\u%04x\\u%04x", 0xd800 | c >> 10, 0xdc00 | (c & 0x3ff)) >= 0;
}

static bool put_run(struct html *h, const struct term_cell *cells, const struct picture_run *run,
                    bool first)
{
    bool ok = fputs(first ? "\"" : ",\"", h->out) >= 0;

    for (int col = run->from; ok && col < run->until; col++) {
        const struct term_cell *cell = &cells[col];
        if (cell->width)
            ok = put_character(h, cell->chars[0] ? cell->chars[0] : ' ');
        for (int i = 1; ok && i < TERM_CELL_CHARS && cell->chars[i]; i++)
            ok = put_character(h, cell->chars[i]);
    }
    h->bytes += 12;
    return ok &&
           fprintf(h->out, "\",%d,%u", run->until - run->from, style_number(h, &run->look)) >= 0;
}

static bool put_row(struct html *h, const struct term_cell *cells, int cols, int row)
{
    int n = term_cells_used(cells, cols);
    bool ok = fprintf(h->out, ",%d,[", row) >= 0;

    for (int col = 0; ok && col < n;) {
        struct picture_run run = picture_run_at(cells, n, col);
        ok = put_run(h, cells, &run, col == 0);
        col = run.until;
    }
    h->bytes += 8;
    return ok && fputs("]", h->out) >= 0;
}

static bool html_on_frame(void *arg, const struct frame *f, struct pyro_error *err)
{
    struct html *h = arg;
    bool ok;

    if (h->bytes > HTML_BYTES_MAX) {
        h->result.cut = true;
        return false;
    }
    h->ms = f->ms;
    ok = fprintf(h->out, ",\n[%lld,%.3f,%d,%d", (long long)f->ms, f->wall, f->cursor_row,
                 f->cursor_col) >= 0;
    for (int row = 0; ok && row < f->rows; row++)
        if (f->dirty[row])
            ok = put_row(h, f->row[row], f->cols, row);
    h->bytes += 40;
    h->result.events++;
    return (ok && fputs("]", h->out) >= 0) || pyro_fail_errno(err, "write the recording");
}

static bool put_title(struct html *h, const char *title)
{
    scoped_buf text = BUF_INIT(4096);

    return picture_text(&text, title) && (!text.len || fputs(text.data, h->out) >= 0);
}

bool html_write(struct frames_spec *spec, FILE *out, struct record_result *ret,
                struct pyro_error *err)
{
    static const struct picture_look plain = { .fg = PICTURE_FG, .bg = PICTURE_BG };
    const char *page = _binary_player_html_start;
    struct html *h = calloc(1, sizeof(*h));
    int rows, cols;
    bool ok;

    BUG_ON(!h);
    h->out = out;
    h->styles[h->style_count++] = plain;
    spec->every_ms = EVERY_MS;
    spec->count_max = FRAMES_MAX;
    frames_size(spec, &rows, &cols);
    ok = (put_page(h, &page, "@TITLE@") && put_title(h, spec->title) &&
          put_page(h, &page, "@FRAMES@") && fprintf(out, "[[%d,%d]", rows, cols) >= 0) ||
         pyro_fail_errno(err, "write the recording");
    ok = ok && frames_each(spec, html_on_frame, h, err);
    if (ok && (fputs("]", out) < 0 || !put_page(h, &page, "@STYLES@")))
        ok = pyro_fail_errno(err, "write the recording");
    for (size_t i = 1; ok && i < h->style_count; i++)
        ok = put_style(h, i) || pyro_fail_errno(err, "write the recording");
    if (ok && !put_page(h, &page, NULL))
        ok = pyro_fail_errno(err, "write the recording");
    h->result.duration_seconds = (double)h->ms / 1000;
    if (ok)
        *ret = h->result;
    free(h);
    return ok;
}
