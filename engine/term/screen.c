/*
 * The child runs libvterm and answers with rows, columns, cursor row and column, flags and the
 * title, then each row; numbers are 32 bits little-endian, strings have their length before them.
 */
#include "engine/term/screen.h"

#include <stdlib.h>
#include <string.h>

#include <vterm.h>

#include "engine/term/sandbox.h"
#include "engine/term/vtgate.h"
#include "engine/term/width.h"
#include "vmm/base/utf8.h"

#define FLAG_VISIBLE 1u
#define FLAG_ALTERNATE 2u
#define ROW_BYTES_MAX (VTGATE_COLS_MAX * VTERM_MAX_CHARS_PER_CELL * 4)
#define ANSWER_MAX ((size_t)64 << 20)

struct terminal {
    VTerm *vt;
    VTermScreen *screen;
    struct vtgate gate;
    bool visible;
    char title[VTGATE_TITLE_MAX];
};

/* ---- in the child ---- */

/* libvterm does not look whether it got memory: what it touches then is NULL, and the child is
 * over. */
static void *arena_alloc(size_t size, void *unused)
{
    (void)unused;
    return calloc(1, size);
}

static void arena_free(void *p, void *unused)
{
    (void)unused;
    free(p);
}

static int on_property(VTermProp prop, VTermValue *value, void *user)
{
    struct terminal *t = user;

    if (prop == VTERM_PROP_CURSORVISIBLE)
        t->visible = value->boolean;
    return 1;
}

static void on_title(void *user, const char *title)
{
    struct terminal *t = user;
    size_t len = strlen(title);

    memcpy(t->title, title, len + 1);
}

static void terminal_init(struct terminal *t, int rows, int cols)
{
    static VTermAllocatorFunctions arena = { arena_alloc, arena_free };
    static const VTermScreenCallbacks callbacks = { .settermprop = on_property };
    static const struct vtgate_events events = { .title = on_title };

    vtgate_clamp_size(&rows, &cols);
    t->visible = true;
    t->title[0] = '\0';
    t->vt = vterm_new_with_allocator(rows, cols, &arena, NULL);
    t->screen = vterm_obtain_screen(t->vt);
    vterm_screen_set_callbacks(t->screen, &callbacks, t);
    vterm_screen_set_damage_merge(t->screen, VTERM_DAMAGE_SCROLL);
    vterm_screen_enable_altscreen(t->screen, 1);
    vtgate_init(&t->gate, t->vt, &events, t);
}

static void terminal_feed(struct terminal *t, const char *bytes, size_t n,
                          const struct plain_options *options)
{
    size_t at = 0;

    if (options->alt_screen)
        vtgate_feed(&t->gate, "\033[?1049h", 8);
    if (options->in_string)
        vtparse_enter_string(&t->gate.parse, options->in_string);
    for (size_t i = 0; i < options->resize_count && options->resizes[i].offset <= n; i++) {
        const struct plain_resize *r = &options->resizes[i];
        if (r->offset > at) {
            vtgate_feed(&t->gate, bytes + at, r->offset - at);
            at = r->offset;
        }
        vtgate_resize(&t->gate, r->rows, r->cols);
    }
    vtgate_feed(&t->gate, bytes + at, n - at);
    vterm_screen_flush_damage(t->screen);
}

static bool put_number(struct buf *out, uint32_t v)
{
    uint8_t bytes[4];

    put_u32(bytes, v);
    return buf_append(out, bytes, sizeof bytes);
}

static bool put_row(struct terminal *t, int row, struct buf *out)
{
    size_t start = out->len, printed;
    VTermScreenCell cell;

    if (!put_number(out, 0))
        return false;
    printed = out->len;
    for (int col = 0; col < t->gate.cols; col++) {
        memset(&cell, 0, sizeof cell);
        vterm_screen_get_cell(t->screen, (VTermPos){ row, col }, &cell);
        if (cell.chars[0] == (uint32_t)-1)
            continue;
        if (!buf_reserve(out, sizeof cell.chars + 4))
            return false;
        if (!cell.chars[0])
            cell.chars[0] = ' ';
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
            out->len += term_encode(cell.chars[i] & 0x1fffff, out->data + out->len);
        if (cell.chars[0] != ' ' || cell.chars[1])
            printed = out->len;
    }
    out->len = printed;
    put_u32((uint8_t *)out->data + start, (uint32_t)(out->len - start - 4));
    return true;
}

static bool put_answer(struct terminal *t, struct buf *out)
{
    VTermPos cursor;
    size_t title_len = strlen(t->title);
    bool done;

    vterm_state_get_cursorpos(t->gate.state, &cursor);
    done = put_number(out, (uint32_t)t->gate.rows) && put_number(out, (uint32_t)t->gate.cols) &&
           put_number(out, (uint32_t)cursor.row) && put_number(out, (uint32_t)cursor.col) &&
           put_number(out,
                      (t->visible ? FLAG_VISIBLE : 0) | (t->gate.alternate ? FLAG_ALTERNATE : 0)) &&
           put_number(out, (uint32_t)title_len) && buf_append(out, t->title, title_len);
    for (int row = 0; row < t->gate.rows && done; row++)
        done = put_row(t, row, out);
    return done;
}

bool screen_render_here(const char *bytes, size_t n, const struct plain_options *options,
                        struct buf *answer)
{
    struct terminal *t = calloc(1, sizeof *t);
    bool done;

    if (!t)
        return false;
    terminal_init(t, options->rows, options->cols);
    terminal_feed(t, bytes, n, options);
    done = put_answer(t, answer);
    vterm_free(t->vt);
    free(t);
    return done;
}

struct screen_job {
    const char *bytes;
    size_t n;
    const struct plain_options *options;
};

static bool run_screen_job(void *arg)
{
    const struct screen_job *job = arg;
    scoped_buf answer = BUF_INIT(ANSWER_MAX);

    return screen_render_here(job->bytes, job->n, job->options, &answer) &&
           sandbox_write(answer.data, answer.len);
}

/* ---- in the parent ---- */

void screen_release(struct screen *screen)
{
    for (int i = 0; screen->text && i < screen->rows; i++)
        free(screen->text[i]);
    free(screen->text);
    free(screen->title);
    memset(screen, 0, sizeof *screen);
}

/* A string of the answer: valid UTF-8 of printable characters, or NULL. The caller frees it. */
static char *read_text(struct reader *r, size_t max)
{
    const uint8_t *bytes;
    uint32_t n;
    char *text;

    if (!rd_u32(r, &n) || n > max || !rd_bytes(r, n, &bytes))
        return NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (bytes[i] < 0x20 || bytes[i] == 0x7f ||
            (bytes[i] == 0xc2 && i + 1 < n && bytes[i + 1] < 0xa0))
            return NULL;
    }
    if (!utf8_is_valid((const char *)bytes, n))
        return NULL;
    text = malloc((size_t)n + 1);
    if (!text)
        return NULL;
    memcpy(text, bytes, n);
    text[n] = '\0';
    return text;
}

static bool parse_head(struct reader *r, struct screen *s)
{
    uint32_t rows, cols, row, col, flags;

    if (!rd_u32(r, &rows) || !rd_u32(r, &cols) || !rd_u32(r, &row) || !rd_u32(r, &col) ||
        !rd_u32(r, &flags))
        return false;
    if (rows < 1 || rows > VTGATE_ROWS_MAX || cols < 2 || cols > VTGATE_COLS_MAX || row >= rows ||
        col >= cols)
        return false;
    s->rows = (int)rows;
    s->cols = (int)cols;
    s->cursor_row = (int)row;
    s->cursor_col = (int)col;
    s->cursor_visible = flags & FLAG_VISIBLE;
    s->alt_screen = flags & FLAG_ALTERNATE;
    return true;
}

bool screen_parse(const void *answer, size_t n, struct screen *ret, struct pyro_error *err)
{
    struct reader r = reader_of(answer, n);
    struct screen s = { .rows = 0 };
    bool good = parse_head(&r, &s);

    if (good) {
        s.title = read_text(&r, VTGATE_TITLE_MAX);
        s.text = calloc((size_t)s.rows, sizeof *s.text);
        good = s.title && s.text;
    }
    for (int i = 0; i < s.rows && good; i++) {
        s.text[i] = read_text(&r, ROW_BYTES_MAX);
        good = s.text[i] != NULL;
    }
    if (!good || rd_left(&r)) {
        screen_release(&s);
        return pyro_fail(err, PYRO_INTERNAL, "rendering: the terminal process gave a wrong answer");
    }
    *ret = s;
    return true;
}

bool screen_render(const char *bytes, size_t n, const struct plain_options *options,
                   struct screen *ret, struct pyro_error *err)
{
    struct screen_job job = { bytes, n, options };
    size_t rows = options->rows > 0 ? (size_t)options->rows : 1;
    size_t cols = options->cols > 0 ? (size_t)options->cols : 2;
    struct sandbox_limits limits = { .cpu_seconds = 60 };
    scoped_buf answer = BUF_INIT(ANSWER_MAX);

    for (size_t i = 0; i < options->resize_count; i++) {
        if (options->resizes[i].rows > (int)rows)
            rows = (size_t)options->resizes[i].rows;
        if (options->resizes[i].cols > (int)cols)
            cols = (size_t)options->resizes[i].cols;
    }
    if (rows > VTGATE_ROWS_MAX)
        rows = VTGATE_ROWS_MAX;
    if (cols > VTGATE_COLS_MAX)
        cols = VTGATE_COLS_MAX;
    /* two screens of 40-byte cells, twice while resizing, and the answer */
    limits.heap_bytes = ((size_t)16 << 20) + rows * cols * 256;
    return sandbox_run(run_screen_job, &job, &limits, -1, &answer, err) &&
           screen_parse(answer.data, answer.len, ret, err);
}

/* Whether s starts with a mode sequence that enters (on) or leaves the alternate screen. */
static bool is_alternate(const char *s, size_t n, bool *ret_on)
{
    static const char *const modes[] = { "?1049", "?1047", "?47" };

    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        size_t len = strlen(modes[i]);
        if (n > len && memcmp(s, modes[i], len) == 0 && (s[len] == 'h' || s[len] == 'l')) {
            *ret_on = s[len] == 'h';
            return true;
        }
    }
    return false;
}

size_t screen_find_start(const char *bytes, size_t n)
{
    bool seen_switch = false, on;

    for (size_t end = n; end > 0;) {
        const char *esc = memrchr(bytes, 0x1b, end);
        size_t at, left;

        if (!esc)
            break;
        at = (size_t)(esc - bytes);
        left = n - at;
        if (left >= 2 && esc[1] == 'c')
            return at;
        if (left > 2 && esc[1] == '[' && !seen_switch && is_alternate(esc + 2, left - 2, &on)) {
            if (on)
                return at;
            seen_switch = true;
        }
        end = at;
    }
    return n > SCREEN_LOOK_BACK ? n - SCREEN_LOOK_BACK : 0;
}

json_t *screen_to_json(const struct screen *s)
{
    json_t *rows = json_array();

    for (int i = 0; i < s->rows; i++)
        json_array_append_new(rows, json_string(s->text[i]));
    return json_pack("{s:o, s:{s:i, s:i, s:b}, s:s}", "rows", rows, "cursor", "row", s->cursor_row,
                     "col", s->cursor_col, "visible", s->cursor_visible, "title", s->title);
}
