/*
 * engine/shell/svg.c: a strip of its versions for each row of the screen, one above the other, which
 * steps through them. A row's content is written once, wherever and however often it is shown: a
 * recording costs what it prints, and has as many animations as rows.
 */
#include "engine/shell/svg.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "engine/term/picture.h"
#include "vmm/base/array.h"
#include "vmm/base/fs.h"

#define EVERY_MS 100
#define FRAMES_MAX 1500
#define END_MS 3000      /* the last frame is shown this long */
#define STEP_BYTES 64    /* about what a step of a row takes */
#define TABLE_SIZE 65536 /* a power of two; more contents than SVG_BYTES_MAX has room for */

/* A row from this time on. */
struct version {
    int64_t ms;
    uint32_t content;
    int slot; /* where that is in the strip: each content is there once */
};
struct strip {
    struct version *versions;
    size_t count, room;
    int slots;
};

struct content {
    uint64_t hash;
    size_t at, len; /* in `contents` */
};

struct svg {
    struct strip *strips; /* of each row; the one behind them is the cursor's */
    int rows, cols;
    struct buf contents; /* the markup of all rows, one after the other */
    struct content *content;
    size_t content_count, content_room;
    uint32_t *table; /* by hash: the content's number and 1 */
    struct buf row;
    size_t bytes; /* what is written of it all, about */
    int64_t ms;
    struct record_result result;
};

/* ---- contents ---- */

static bool add_content(struct svg *s, uint64_t hash, uint32_t *slot)
{
    struct content *more =
        array_grown(s->content, sizeof(*s->content), s->content_count, &s->content_room);

    if (!more)
        return false;
    s->content = more;
    s->content[s->content_count] =
        (struct content){ .hash = hash, .at = s->contents.len, .len = s->row.len };
    if (s->row.len && !buf_append(&s->contents, s->row.data, s->row.len))
        return false;
    s->bytes += s->row.len + STEP_BYTES;
    *slot = (uint32_t)++s->content_count;
    return true;
}

/* The number of the content in s->row, which is added if it is new; false: it is full. */
static bool content_number(struct svg *s, uint32_t *ret)
{
    uint64_t hash = XXH3_64bits(s->row.data ? s->row.data : "", s->row.len);
    size_t i = hash & (TABLE_SIZE - 1);

    for (; s->table[i]; i = (i + 1) & (TABLE_SIZE - 1)) {
        const struct content *c = &s->content[s->table[i] - 1];
        if (c->hash == hash && c->len == s->row.len &&
            (!c->len || memcmp(s->contents.data + c->at, s->row.data, c->len) == 0))
            break;
    }
    if (!s->table[i] && (s->content_count == TABLE_SIZE / 2 || !add_content(s, hash, &s->table[i])))
        return false;
    *ret = s->table[i] - 1;
    return true;
}

/* ---- frames ---- */

static int slot_for(struct strip *strip, uint32_t content)
{
    for (size_t i = 0; i < strip->count; i++)
        if (strip->versions[i].content == content)
            return strip->versions[i].slot;
    return strip->slots++;
}

static bool add_version(struct svg *s, struct strip *strip, uint32_t content)
{
    struct version *last = strip->count ? &strip->versions[strip->count - 1] : NULL;
    struct version *more;

    if (last && last->content == content)
        return true;
    more = array_grown(strip->versions, sizeof(*strip->versions), strip->count, &strip->room);
    if (!more)
        return false;
    strip->versions = more;
    strip->versions[strip->count] = (struct version){ s->ms, content, slot_for(strip, content) };
    strip->count++;
    s->bytes += STEP_BYTES;
    return true;
}

static bool add_rows(struct svg *s, const struct frame *f)
{
    for (int row = 0; row < f->rows; row++) {
        uint32_t number;
        if (!f->dirty[row])
            continue;
        buf_clear(&s->row);
        if (!picture_row(&s->row, f->row[row], f->cols) || !content_number(s, &number) ||
            !add_version(s, &s->strips[row], number))
            return false;
    }
    return true;
}

static bool svg_on_frame(void *arg, const struct frame *f, struct pyro_error *err UNUSED)
{
    struct svg *s = arg;
    bool seen = f->cursor_row < s->rows && f->cursor_col < s->cols;
    uint32_t place = seen ? (uint32_t)(f->cursor_row * s->cols + f->cursor_col) : UINT32_MAX;

    s->ms = s->result.events ? f->ms : 0;
    if (s->bytes > SVG_BYTES_MAX || !add_rows(s, f) ||
        !add_version(s, &s->strips[s->rows], place)) {
        s->result.cut = true;
        return false;
    }
    s->result.events++;
    return true;
}

/* ---- the document ---- */

/* One step of an animation, and how it moves. */
static bool put_step(FILE *out, double part, int x, int y)
{
    return fprintf(out, "%.5g%%{transform:translate(%dpx,%dpx)}", 100 * part, x, y) >= 0;
}

static bool put_row_steps(const struct strip *strip, int row, double total, FILE *out)
{
    bool ok = fprintf(out, "<style>.r%d{animation-name:r%d}@keyframes r%d{", row, row, row) >= 0;

    for (size_t i = 0; ok && i < strip->count; i++)
        ok = put_step(out, (double)strip->versions[i].ms / total, 0,
                      -PICTURE_CELL_HEIGHT * strip->versions[i].slot);
    return ok && fputs("}</style>\n", out) >= 0;
}

static bool put_row(const struct svg *s, FILE *out, int row)
{
    const struct strip *strip = &s->strips[row];
    int next = 0;
    bool ok;

    if (!strip->count)
        return true;
    ok = (strip->count == 1 || put_row_steps(strip, row, (double)(s->ms + END_MS), out)) &&
         fprintf(out,
                 "<svg y=\"%d\" width=\"%d\" height=\"%d\"><g class=\"r r%d\" "
                 "transform=\"translate(0 %d)\">",
                 row * PICTURE_CELL_HEIGHT, s->cols * PICTURE_CELL_WIDTH, PICTURE_CELL_HEIGHT, row,
                 -PICTURE_CELL_HEIGHT * strip->versions[strip->count - 1].slot) >= 0;
    for (size_t i = 0; ok && i < strip->count; i++) {
        const struct version *v = &strip->versions[i];
        if (v->slot != next)
            continue;
        next++;
        if (s->content[v->content].len)
            ok = fprintf(out, "<use href=\"#c%u\" y=\"%d\"/>", v->content,
                         PICTURE_CELL_HEIGHT * v->slot) >= 0;
    }
    return ok && fputs("</g></svg>\n", out) >= 0;
}

/* Where the cursor is moved to; out of sight when it is hidden. */
static void cursor_place(const struct svg *s, uint32_t place, int *ret_x, int *ret_y)
{
    bool seen = place != UINT32_MAX;

    *ret_x = seen ? (int)place % s->cols * PICTURE_CELL_WIDTH : 0;
    *ret_y = seen ? (int)place / s->cols * PICTURE_CELL_HEIGHT : -100 * PICTURE_CELL_HEIGHT;
}

static bool put_cursor(const struct svg *s, FILE *out)
{
    const struct strip *strip = &s->strips[s->rows];
    const double total = (double)(s->ms + END_MS);
    bool ok = fprintf(out, "<style>.k{animation-name:k}@keyframes k{") >= 0;
    int x = 0, y = 0;

    for (size_t i = 0; ok && i < strip->count; i++) {
        cursor_place(s, strip->versions[i].content, &x, &y);
        ok = put_step(out, (double)strip->versions[i].ms / total, x, y);
    }
    return ok && fprintf(out,
                         "}</style>\n<svg width=\"%d\" height=\"%d\"><rect class=\"r k\" "
                         "width=\"%d\" height=\"%d\" fill-opacity=\".6\" "
                         "transform=\"translate(%d %d)\"/></svg>\n",
                         s->cols * PICTURE_CELL_WIDTH, s->rows * PICTURE_CELL_HEIGHT,
                         PICTURE_CELL_WIDTH, PICTURE_CELL_HEIGHT, x, y) >= 0;
}

static bool put_document(struct svg *s, const char *title, FILE *out)
{
    scoped_free char *style =
        str_printf(".r{animation:%lldms step-end infinite}", (long long)(s->ms + END_MS));
    bool ok;

    buf_clear(&s->row);
    ok = picture_begin(&s->row, s->rows, s->cols, title, style) && fputs(s->row.data, out) >= 0 &&
         fputs("<defs>\n", out) >= 0;
    for (size_t i = 0; ok && i < s->content_count; i++)
        if (s->content[i].len)
            ok = fprintf(out, "<g id=\"c%zu\">%.*s</g>\n", i, (int)s->content[i].len,
                         s->contents.data + s->content[i].at) >= 0;
    ok = ok && fputs("</defs>\n", out) >= 0;
    for (int row = 0; ok && row < s->rows; row++)
        ok = put_row(s, out, row);
    return ok && put_cursor(s, out) && fputs("</g>\n</svg>\n", out) >= 0;
}

bool svg_write(struct frames_spec *spec, FILE *out, struct record_result *ret,
               struct pyro_error *err)
{
    struct svg s = { .contents = BUF_INIT(SVG_BYTES_MAX), .row = BUF_INIT(SVG_BYTES_MAX) };
    bool ok;

    spec->every_ms = EVERY_MS;
    spec->count_max = FRAMES_MAX;
    frames_size(spec, &s.rows, &s.cols);
    s.table = calloc(TABLE_SIZE, sizeof(*s.table));
    s.strips = calloc((size_t)s.rows + 1, sizeof(*s.strips));
    ok = (s.table && s.strips) || pyro_no_memory(err, "drawing a recording");
    ok = ok && frames_each(spec, svg_on_frame, &s, err);
    if (ok && !put_document(&s, spec->title, out))
        ok = pyro_fail_errno(err, "write the recording");
    s.result.duration_seconds = (double)s.ms / 1000;
    if (ok)
        *ret = s.result;
    for (int i = 0; s.strips && i <= s.rows; i++)
        free(s.strips[i].versions);
    free(s.strips);
    free(s.table);
    free(s.content);
    buf_release(&s.contents);
    buf_release(&s.row);
    return ok;
}
