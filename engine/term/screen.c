/*
 * The child runs libvterm and answers with rows, columns, cursor row and column, flags and the
 * title, then each row; numbers are 32 bits little-endian, strings have their length before them.
 */
#include "engine/term/screen.h"

#include <stdlib.h>
#include <string.h>

#include "engine/term/terminal.h"
#include "engine/term/width.h"
#include "vmm/base/sandbox.h"
#include "vmm/base/utf8.h"

#define FLAG_VISIBLE 1u
#define FLAG_ALTERNATE 2u
#define ROW_BYTES_MAX (VTGATE_COLS_MAX * VTERM_MAX_CHARS_PER_CELL * 4)
#define ANSWER_MAX ((size_t)64 << 20)

struct picture {
    struct terminal terminal;
    bool visible;
    char title[VTGATE_TITLE_MAX];
};

/* ---- in the child ---- */

static int screen_on_property(VTermProp prop, VTermValue *value, void *user)
{
    struct picture *p = user;

    if (prop == VTERM_PROP_CURSORVISIBLE)
        p->visible = value->boolean;
    return 1;
}

static void screen_on_title(void *user, const char *title)
{
    struct picture *p = user;
    size_t len = strlen(title);

    memcpy(p->title, title, len + 1);
}

static void terminal_feed(struct terminal *t, const char *bytes, size_t n,
                          const struct plain_options *options)
{
    size_t at = 0, resizes = 0, exits = 0;
    struct plain_stop stop;

    if (options->alt_screen)
        vtgate_feed(&t->gate, "\033[?1049h", 8);
    if (options->in_string)
        vtparse_enter_string(&t->gate.parse, options->in_string);
    while (plain_next_stop(options, n, &resizes, &exits, &stop)) {
        if (stop.offset > at) {
            vtgate_feed(&t->gate, bytes + at, stop.offset - at);
            at = stop.offset;
        }
        if (stop.resize)
            vtgate_resize(&t->gate, stop.resize->rows, stop.resize->cols);
        else
            vtgate_end_alternate(&t->gate);
    }
    vtgate_feed(&t->gate, bytes + at, n - at);
    vterm_screen_flush_damage(t->screen);
}

static bool put_row(struct terminal *t, int row, struct buf *out)
{
    size_t start = out->len, printed;
    VTermScreenCell cell;

    if (!term_put_u32(out, 0))
        return false;
    printed = out->len;
    for (int col = 0; col < t->gate.cols; col++) {
        terminal_get(t, row, col, &cell);
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

static bool put_answer(struct picture *p, struct buf *out)
{
    struct terminal *t = &p->terminal;
    VTermPos cursor;
    size_t title_len = strlen(p->title);
    bool done;

    vterm_state_get_cursorpos(t->gate.state, &cursor);
    done = term_put_u32(out, (uint32_t)t->gate.rows) && term_put_u32(out, (uint32_t)t->gate.cols) &&
           term_put_u32(out, (uint32_t)cursor.row) && term_put_u32(out, (uint32_t)cursor.col) &&
           term_put_u32(out, (p->visible ? FLAG_VISIBLE : 0) |
                                 (t->gate.alternate ? FLAG_ALTERNATE : 0)) &&
           term_put_u32(out, (uint32_t)title_len) && buf_append(out, p->title, title_len);
    for (int row = 0; row < t->gate.rows && done; row++)
        done = put_row(t, row, out);
    return done;
}

bool screen_render_here(const char *bytes, size_t n, const struct plain_options *options,
                        struct buf *answer)
{
    static const VTermScreenCallbacks callbacks = { .settermprop = screen_on_property };
    static const struct vtgate_events events = { .title = screen_on_title };
    struct picture *p = calloc(1, sizeof *p);
    bool done;

    if (!p)
        return false;
    p->visible = true;
    terminal_init(&p->terminal, options->rows, options->cols, &callbacks, &events, p);
    terminal_feed(&p->terminal, bytes, n, options);
    done = put_answer(p, answer);
    terminal_release(&p->terminal);
    free(p);
    return done;
}

struct screen_job {
    const char *bytes;
    size_t n;
    const struct plain_options *options;
};

static bool screen_run_job(void *arg)
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

static struct sandbox_task task_of(struct screen_job *job)
{
    const struct plain_options *options = job->options;
    int rows = options->rows, cols = options->cols;

    for (size_t i = 0; i < options->resize_count; i++) {
        if (options->resizes[i].rows > rows)
            rows = options->resizes[i].rows;
        if (options->resizes[i].cols > cols)
            cols = options->resizes[i].cols;
    }
    return (struct sandbox_task){ .job = screen_run_job,
                                  .arg = job,
                                  .heap_bytes = terminal_heap_bytes(rows, cols),
                                  .cpu_seconds = 60 };
}

bool screen_render(const char *bytes, size_t n, const struct plain_options *options,
                   struct screen *ret, struct pyro_error *err)
{
    struct screen_job job = { bytes, n, options };
    const struct sandbox_task task = task_of(&job);
    scoped_buf answer = BUF_INIT(ANSWER_MAX);

    return sandbox_run(&task, -1, &answer, err) && screen_parse(answer.data, answer.len, ret, err);
}

bool screen_spawn(const char *bytes, size_t n, const struct plain_options *options, int out_fd,
                  pid_t *ret_pid, struct pyro_error *err)
{
    struct screen_job job = { bytes, n, options };
    const struct sandbox_task task = task_of(&job);

    return sandbox_spawn(&task, -1, out_fd, ret_pid, err);
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
    return screen_look_back(n);
}

size_t screen_look_back(size_t n)
{
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
