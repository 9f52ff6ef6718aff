/*
 * Two modes. In the fast one the line so far was only ever appended to, so its text is in `out` as
 * it is, and no column is known: wraps are joined again anyway. The first thing that needs a column
 * (CR in the line, BS, a movement) replays the line into a row of cells, and the line goes on in
 * the slow mode up to its LF. Rows above the cursor's are final: nothing here moves up.
 */
#include "engine/term/plain_linear.h"

#include <stdlib.h>
#include <string.h>

#include "engine/term/copy_text.h"
#include "engine/term/row.h"
#include "engine/term/vtparse.h"
#include "engine/term/width.h"
#include "vmm/base/utf8.h"

#define ESC 0x1b

struct linear {
    const char *in;
    size_t n, at;
    int cols;
    struct buf *out;
    size_t out_base;   /* where `out` began */
    size_t line_start; /* of the current line in `out` */
    struct plain_line_marks *marks;
    bool slow;
    bool joined; /* slow: the row continues one already in `out` */
    int cx;      /* slow: the column; == cols while a wrap is pending */
    struct row row;
    struct mark_pool pool;
    enum plain_linear_result result;
    /* From a mark on, up to the first text printed after it or the end of its row: */
    bool watching;
    bool rewrites;   /* that text is within the text up to the mark */
    size_t mark_out; /* fast: `out` at the mark */
    int mark_col;    /* slow: the column after the row's last cell at the mark */
};

enum step { STEP_OK, STEP_STOP };

static enum step stop_with(struct linear *l, enum plain_linear_result result)
{
    l->result = result;
    return STEP_STOP;
}

/* The fast loop appends at most one byte for each that is left, so this room is enough until
 * something grows. */
static bool make_room(struct linear *l, size_t extra)
{
    return buf_reserve(l->out, extra + (l->n - l->at) + COPY_TEXT_SLACK);
}

static void line_begins(struct linear *l)
{
    struct plain_line_marks *m = l->marks;

    l->line_start = l->out->len;
    if (m)
        m->mark[m->count++ % m->size] =
            (struct plain_line_mark){ l->at, l->out->len - l->out_base };
}

/* ---- slow mode ---- */

static void watch_print(struct linear *l)
{
    if (!l->watching)
        return;
    l->watching = false;
    l->rewrites = l->cx < l->mark_col;
}

static enum step slow_flush_row(struct linear *l)
{
    l->watching = false;
    if (!row_text(&l->row, &l->pool, l->out) || l->pool.exhausted)
        return stop_with(l, PLAIN_LINEAR_NO_MEMORY);
    row_clear(&l->row, &l->pool);
    return STEP_OK;
}

static enum step slow_char(struct linear *l, uint32_t c)
{
    int width = term_width(c);

    if (width == 0) {
        watch_print(l);
        row_mark(&l->row, &l->pool, l->cx, c);
        return STEP_OK;
    }
    if (l->cx > l->cols - width) {
        if (slow_flush_row(l) != STEP_OK)
            return STEP_STOP;
        l->joined = true;
        l->cx = 0;
    }
    watch_print(l);
    if (width == 1)
        row_put_narrow(&l->row, &l->pool, l->cx, c);
    else
        row_put(&l->row, &l->pool, l->cx, c, width);
    l->cx += width;
    return STEP_OK;
}

static void slow_tab(struct linear *l)
{
    int stop = (l->cx | 7) + 1;

    if (l->cx >= l->cols - 1)
        stop = l->cx;
    else if (stop > l->cols - 1)
        stop = l->cols - 1;
    if (l->row.used <= l->cx) { /* else it is movement */
        watch_print(l);
        row_tab(&l->row, &l->pool, l->cx, stop);
    }
    l->cx = stop;
}

/* Replays the line in `out` into cells. Rows it fills are written back as they were. */
static enum step enter_slow(struct linear *l)
{
    size_t len = l->out->len - l->line_start;
    bool watching = l->watching && l->out->len == l->mark_out;
    char *text = NULL;
    enum step step = STEP_OK;

    l->slow = true;
    l->joined = l->watching = false;
    l->cx = 0;
    if (len) {
        text = malloc(len);
        if (!text)
            return stop_with(l, PLAIN_LINEAR_NO_MEMORY);
        memcpy(text, l->out->data + l->line_start, len);
    }
    l->out->len = l->line_start;
    for (size_t i = 0; i < len && step == STEP_OK;) {
        if (text[i] == '\t') {
            slow_tab(l);
            i++;
        } else {
            uint32_t c = term_decode(text + i, &i);
            step = slow_char(l, c);
        }
    }
    free(text);
    l->watching = watching;
    l->mark_col = l->row.used;
    return step;
}

static enum step slow_line_feed(struct linear *l)
{
    if (slow_flush_row(l) != STEP_OK)
        return STEP_STOP;
    if (!make_room(l, 1))
        return stop_with(l, PLAIN_LINEAR_NO_MEMORY);
    l->out->data[l->out->len++] = '\n';
    l->joined = false;
    if (l->cx == 0) {
        l->slow = false;
        line_begins(l);
    }
    return STEP_OK;
}

static enum step slow_clear_row(struct linear *l)
{
    if (!l->row.touched)
        return STEP_OK;
    row_clear(&l->row, &l->pool);
    if (l->joined) { /* a row cleared whole no longer continues the one above */
        if (!make_room(l, 1))
            return stop_with(l, PLAIN_LINEAR_NO_MEMORY);
        l->out->data[l->out->len++] = '\n';
        l->joined = false;
    }
    return STEP_OK;
}

static enum step slow_erase_line(struct linear *l, int what)
{
    if (what == 2 || (what == 0 && l->cx == 0) || (what == 1 && l->cx >= l->cols - 1))
        return slow_clear_row(l);
    if (what == 0 && l->cx < l->cols)
        row_erase(&l->row, &l->pool, l->cx, l->row.size);
    else if (what == 1)
        row_erase(&l->row, &l->pool, 0, l->cx + 1);
    return STEP_OK;
}

static enum step slow_control(struct linear *l, unsigned char c)
{
    switch (c) {
    case '\b':
        if (l->cx > 0)
            l->cx--;
        else if (l->joined)
            return stop_with(l, PLAIN_LINEAR_NEEDS_GRID);
        return STEP_OK;
    case '\t':
        slow_tab(l);
        return STEP_OK;
    case '\n':
    case '\v':
    case '\f':
        return slow_line_feed(l);
    case '\r':
        l->cx = 0;
        return STEP_OK;
    default:
        return STEP_OK;
    }
}

static void slow_move(struct linear *l, const struct vt_csi *csi)
{
    int n = vt_arg(csi, 0, 1);

    if (n == 0)
        n = 1;
    switch (csi->final) {
    case 'C':
    case 'a':
        l->cx = l->cx + n > l->cols - 1 ? l->cols - 1 : l->cx + n;
        break;
    case 'D':
        l->cx = n > l->cx ? 0 : l->cx - n;
        break;
    default: /* G ` */
        l->cx = n > l->cols ? l->cols - 1 : n - 1;
        break;
    }
}

/* ---- sequences ---- */

/*
 * Reads a control sequence, `at` on the byte after ESC [. Anything that is not simple and within
 * the limits is left to the grid, whose parser knows every case.
 */
static enum step read_csi(struct linear *l, struct vt_csi *csi, bool *ret_whole)
{
    int digits = 0;

    *csi = (struct vt_csi){ .count = 1, .arg[0] = VT_MISSING };
    *ret_whole = false;
    if (l->at < l->n && l->in[l->at] >= 0x3c && l->in[l->at] <= 0x3f)
        csi->lead = l->in[l->at++];
    for (; l->at < l->n; l->at++) {
        unsigned char c = (unsigned char)l->in[l->at];
        int32_t *arg = &csi->arg[csi->count - 1];
        if (c >= '0' && c <= '9' && !csi->mid && ++digits <= VT_DIGITS_MAX) {
            *arg = (*arg == VT_MISSING ? 0 : *arg * 10) + (c - '0');
        } else if ((c == ';' || c == ':') && !csi->mid && csi->count < VT_ARGS_MAX) {
            csi->arg[csi->count++] = VT_MISSING;
            digits = 0;
        } else if (c >= 0x20 && c <= 0x2f && !csi->mid) {
            csi->mid = (char)c;
        } else if (c >= 0x40 && c <= 0x7e) {
            csi->final = (char)c;
            l->at++;
            *ret_whole = true;
            return STEP_OK;
        } else {
            return stop_with(l, PLAIN_LINEAR_NEEDS_GRID);
        }
    }
    return STEP_OK;
}

static enum step do_csi(struct linear *l)
{
    struct vt_csi csi;
    bool whole;

    if (read_csi(l, &csi, &whole) != STEP_OK)
        return STEP_STOP;
    if (!whole)
        return STEP_OK;
    switch (plain_linear_effect(&csi)) {
    case PLAIN_LINEAR_NOTHING:
        return STEP_OK;
    case PLAIN_LINEAR_BEYOND:
        return stop_with(l, PLAIN_LINEAR_NEEDS_GRID);
    case PLAIN_LINEAR_IN_LINE:
        break;
    }
    if (csi.final == 'K' && vt_arg(&csi, 0, 0) == 0 && !l->slow) {
        /* nothing is right of a cursor that only ever wrote; a line of marks alone is the
         * exception */
        if (l->out->len == l->line_start || (unsigned char)l->out->data[l->line_start] < 0x80)
            return STEP_OK;
    }
    if (!l->slow && enter_slow(l) != STEP_OK)
        return STEP_STOP;
    if (csi.final == 'K')
        return slow_erase_line(l, vt_arg(&csi, 0, 0));
    slow_move(l, &csi);
    return STEP_OK;
}

/* Skips a control string, `at` on the byte after its introducer. */
static void skip_string(struct linear *l, char kind)
{
    for (; l->at < l->n; l->at++) {
        unsigned char c = (unsigned char)l->in[l->at];
        if (c >= 0x20)
            continue;
        if (c == ESC) {
            if (l->at + 1 == l->n)
                l->at++;
            else if (l->in[l->at + 1] == '\\')
                l->at += 2;
            return;
        }
        if (c == 0x18 || c == 0x1a || (c == 0x07 && kind == ']')) {
            l->at++;
            return;
        }
    }
}

static enum step do_escape(struct linear *l)
{
    const char *s = l->in + l->at;
    size_t left = l->n - l->at;
    unsigned char c;

    if (left < 2) {
        l->at = l->n;
        return STEP_OK;
    }
    c = (unsigned char)s[1];
    if (c == '[') {
        l->at += 2;
        return do_csi(l);
    }
    if (vt_starts_string(c)) {
        l->at += 2;
        skip_string(l, (char)c);
        return STEP_OK;
    }
    if (c == '(' && left < 3) {
        l->at = l->n;
        return STEP_OK;
    }
    if (c == '(' && s[2] == 'B') {
        l->at += 3;
        return STEP_OK;
    }
    if (c == ESC) {
        l->at++;
        return STEP_OK;
    }
    if (c >= 0x30 && c <= 0x7e && !strchr("78cDEHM", c)) {
        l->at += 2;
        return STEP_OK;
    }
    return stop_with(l, PLAIN_LINEAR_NEEDS_GRID);
}

/* ---- both modes ---- */

/* One character of two bytes or more, or a byte that is not part of any. */
static enum step do_high(struct linear *l)
{
    const char *s = l->in + l->at;
    size_t len = utf8_valid_length(s, l->n - l->at);
    const char *text = s;
    size_t text_len = len;

    if (len == 2 && (unsigned char)s[0] == 0xc2 && (unsigned char)s[1] < 0xa0) {
        l->at += 2;
        return STEP_OK;
    }
    if (!len) {
        text = UTF8_REPLACEMENT;
        text_len = 3;
        len = 1;
    }
    l->at += len;
    if (l->slow) {
        size_t unused = 0;
        return slow_char(l, term_decode(text, &unused));
    }
    if (text_len > len && !make_room(l, text_len))
        return stop_with(l, PLAIN_LINEAR_NO_MEMORY);
    memcpy(l->out->data + l->out->len, text, text_len);
    l->out->len += text_len;
    return STEP_OK;
}

static enum step leave_fast(struct linear *l, unsigned char c)
{
    if (enter_slow(l) != STEP_OK)
        return STEP_STOP;
    l->at++;
    return slow_control(l, c);
}

static enum step fast_control(struct linear *l, unsigned char c)
{
    size_t line_len = l->out->len - l->line_start;

    switch (c) {
    case '\r':
        if (l->at + 1 < l->n && l->in[l->at + 1] == '\n')
            l->at++;
        else if (line_len)
            return leave_fast(l, c);
        else {
            l->at++;
            return STEP_OK;
        }
        break;
    case '\n':
        if (line_len)
            return leave_fast(l, c);
        break;
    case '\t':
        l->out->data[l->out->len++] = '\t';
        l->at++;
        return STEP_OK;
    case '\b':
    case '\v':
    case '\f':
        return leave_fast(l, c);
    default:
        l->at++;
        return STEP_OK;
    }
    l->at++;
    l->out->data[l->out->len++] = '\n';
    line_begins(l);
    return STEP_OK;
}

static enum step special(struct linear *l)
{
    unsigned char c = (unsigned char)l->in[l->at];

    if (c == ESC)
        return do_escape(l);
    if (c >= 0x80)
        return do_high(l);
    if (c == 0x0e)
        return stop_with(l, PLAIN_LINEAR_NEEDS_GRID);
    if (!l->slow)
        return fast_control(l, c);
    l->at++;
    return slow_control(l, c);
}

static enum step slow_run(struct linear *l)
{
    while (l->at < l->n) {
        unsigned char c = (unsigned char)l->in[l->at];
        if (c < 0x20 || c >= 0x7f)
            return special(l);
        l->at++;
        if (l->cx < l->cols) {
            watch_print(l);
            row_put_narrow(&l->row, &l->pool, l->cx, c);
            l->cx++;
        } else if (slow_char(l, c) != STEP_OK) {
            return STEP_STOP;
        }
    }
    return STEP_OK;
}

static enum step fast_run(struct linear *l)
{
    while (l->at < l->n && !l->slow) {
        struct copy_run run;
        size_t before = l->out->len;

        copy_text(l->out->data + before, l->in + l->at, l->n - l->at, l->marks != NULL, &run);
        l->out->len += run.out;
        l->at += run.in;
        if (run.line_began && l->marks) {
            line_begins(l); /* the run ended there */
            continue;
        }
        if (run.line_began)
            l->line_start = before + run.line;
        if (l->at < l->n && special(l) != STEP_OK)
            return STEP_STOP;
    }
    return STEP_OK;
}

static enum step run_to(struct linear *l, size_t end)
{
    enum step step = STEP_OK;

    l->n = end;
    if (!make_room(l, 0))
        return stop_with(l, PLAIN_LINEAR_NO_MEMORY);
    while (l->at < l->n && step == STEP_OK) {
        bool was_slow = l->slow;
        step = was_slow ? slow_run(l) : fast_run(l);
        if (was_slow && !l->slow && !make_room(l, 0))
            step = stop_with(l, PLAIN_LINEAR_NO_MEMORY);
    }
    return step;
}

static enum step mark(struct linear *l, struct buf *before)
{
    if ((l->out->len > l->out_base &&
         !buf_append(before, l->out->data + l->out_base, l->out->len - l->out_base)) ||
        (l->slow && !row_text(&l->row, &l->pool, before)))
        return stop_with(l, PLAIN_LINEAR_NO_MEMORY);
    l->watching = true;
    l->mark_out = l->out->len;
    l->mark_col = l->row.used;
    return STEP_OK;
}

static enum plain_linear_result render(struct linear *l, size_t n, char in_string,
                                       struct plain_linear_from *from)
{
    enum step step = STEP_OK;

    l->out_base = l->out->len;
    l->row.cell = calloc((size_t)l->cols, sizeof *l->row.cell);
    l->row.size = l->cols;
    if (!l->row.cell || !make_room(l, 0))
        return PLAIN_LINEAR_NO_MEMORY;
    line_begins(l);
    l->n = from && from->at ? from->at : n;
    if (in_string)
        skip_string(l, in_string);
    if (from && from->at) {
        step = run_to(l, from->at);
        if (step == STEP_OK)
            step = mark(l, &from->before);
    }
    if (step == STEP_OK)
        step = run_to(l, n);
    if (step == STEP_OK && l->slow)
        slow_flush_row(l);
    if (l->out->data)
        l->out->data[l->out->len] = '\0';
    if (from)
        from->rewrites = l->rewrites;
    return l->result;
}

static enum plain_linear_result render_and_release(struct linear *l, size_t n, char in_string,
                                                   struct plain_linear_from *from)
{
    enum plain_linear_result result = render(l, n, in_string, from);

    free(l->row.cell);
    mark_pool_release(&l->pool);
    return result;
}

enum plain_linear_result plain_linear_render(const char *bytes, size_t n, int cols, char in_string,
                                             struct plain_line_marks *marks, struct buf *out)
{
    struct linear l = { .in = bytes, .cols = cols, .out = out, .marks = marks };

    return render_and_release(&l, n, in_string, NULL);
}

enum plain_linear_result plain_linear_render_from(const char *bytes, size_t n, int cols,
                                                  char in_string, struct plain_linear_from *from,
                                                  struct buf *out)
{
    struct linear l = { .in = bytes, .cols = cols, .out = out };

    return render_and_release(&l, n, in_string, from);
}
