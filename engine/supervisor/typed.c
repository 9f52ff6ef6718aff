/* engine/supervisor/typed.c: from bytes that were typed to lines that are kept. */
#include "engine/supervisor/typed.h"

#include <string.h>

#include "engine/secret/hide.h"
#include "engine/state/shell_cursor.h"
#include "vmm/base/redact.h"

#define PENDING_MAX ((size_t)64 * 1024)
#define LINE_MAX_BYTES ((size_t)16 * 1024) /* redacted whole before it is cut for the timeline */
#define SECRET_BYTE '\0'                   /* in place of those of a value */

/* Bytes of one writer; those that are not kept may be of several. Each kept run has a byte of
 * `pending`, and no two of the others follow each other: so their number is bounded. */
struct run {
    size_t bytes;
    const char *by;
    bool kept; /* in `pending` */
};

void typed_init(struct typed *t, struct supervisor *s, const struct shell_record *shell,
                const uint64_t *log_size)
{
    *t = (struct typed){ .supervisor = s, .shell = shell, .log_size = log_size };
    buf_init(&t->pending, PENDING_MAX);
    buf_init(&t->runs, (2 * PENDING_MAX + 1) * sizeof(struct run));
    buf_init(&t->line, LINE_MAX_BYTES);
}

void typed_release(struct typed *t)
{
    buf_release(&t->pending);
    buf_release(&t->runs);
    buf_release(&t->line);
}

/* ---- what is on its way ---- */

static size_t run_count(const struct typed *t)
{
    return t->runs.len / sizeof(struct run);
}

static struct run *run_at(const struct typed *t, size_t i)
{
    return &((struct run *)(void *)t->runs.data)[i];
}

/* The values that are in one piece as a whole, over several lines maybe. */
static void mask_secrets(const struct redactor *r, char *bytes, size_t n)
{
    struct redact_scan scan;
    struct redact_piece piece;

    if (!r)
        return;
    redact_scan_init(&scan, r, bytes, n, 0, true);
    while (redact_scan_next(&scan, &piece))
        if (piece.value)
            memset(bytes + piece.from + piece.plain, SECRET_BYTE, piece.value);
}

void typed_add(struct typed *t, const char *by, const char *bytes, size_t n)
{
    struct run run = { .bytes = n, .by = by }, *last;

    if (!n)
        return;
    run.kept = buf_append(&t->pending, bytes, n);
    last = run_count(t) ? run_at(t, run_count(t) - 1) : NULL;
    if (run.kept)
        mask_secrets(t->supervisor->redactor, t->pending.data + t->pending.len - n, n);
    if (last && last->kept == run.kept && (last->by == by || !run.kept))
        last->bytes += n;
    else
        BUG_ON(!buf_append(&t->runs, &run, sizeof(run)));
}

/* ---- lines ---- */

static int64_t place_now(const struct typed *t)
{
    return (int64_t)shell_cursor_at(t->shell, *t->log_size);
}

static void typed_begin_line(struct typed *t)
{
    buf_clear(&t->line);
    t->cut = t->in_secret = false;
    t->state = TYPED_TEXT;
}

static void typed_end_line(struct typed *t)
{
    scoped_free char *text = NULL;

    if (t->line.len) {
        text = hide_in_text(t->supervisor->redactor, t->line.data, t->cut);
        supervisor_note(t->supervisor,
                        TIMELINE_ENTRY(TIMELINE_INPUT, .id = t->shell->id, .by = t->by,
                                       .text = text, .offset = t->place));
        t->hidden = false;
    }
    typed_begin_line(t);
}

/* Once for all that is hidden between two lines. */
static void typed_hide(struct typed *t, const char *by)
{
    if (!t->hidden)
        supervisor_note(t->supervisor, TIMELINE_ENTRY(TIMELINE_INPUT, .id = t->shell->id, .by = by,
                                                      .hidden = true, .offset = place_now(t)));
    t->hidden = true;
}

static void put(struct typed *t, const char *bytes, size_t n)
{
    if (!t->line.len)
        t->place = place_now(t);
    if (!t->cut && !buf_append(&t->line, bytes, n))
        t->cut = true;
}

/* The last character, or word. */
static void take_back(struct typed *t, bool word)
{
    size_t n = t->line.len;

    while (word && n && t->line.data[n - 1] == ' ')
        n--;
    do {
        while (n && ((unsigned char)t->line.data[n - 1] & 0xc0) == 0x80)
            n--;
        n -= n > 0;
    } while (word && n && t->line.data[n - 1] != ' ');
    t->line.len = n;
    if (t->line.data)
        t->line.data[n] = '\0';
}

static void typed_control(struct typed *t, char c)
{
    const char shown[2] = { '^', (char)(c + '@') };

    switch (c) {
    case '\r':
    case '\n':
        typed_end_line(t);
        break;
    case '\b':
    case '\x7f':
        take_back(t, false);
        break;
    case 'U' - '@':
        buf_clear(&t->line);
        break;
    case 'W' - '@':
        take_back(t, true);
        break;
    case '\t':
        put(t, " ", 1);
        break;
    case '\x1b':
        t->state = TYPED_ESCAPE;
        break;
    case 'C' - '@':
    case 'D' - '@':
    case 'Z' - '@':
    case '\\' - '@':
        put(t, shown, sizeof(shown));
        typed_end_line(t);
        break;
    }
}

static void typed_text(struct typed *t, char c)
{
    if (c == SECRET_BYTE) {
        if (!t->in_secret)
            put(t, REDACTED, REDACTED_BYTES);
        t->in_secret = true;
        return;
    }
    t->in_secret = false;
    if ((unsigned char)c < ' ' || c == '\x7f')
        typed_control(t, c);
    else
        put(t, &c, 1);
}

static void typed_byte(struct typed *t, char c)
{
    switch (t->state) {
    case TYPED_TEXT:
        typed_text(t, c);
        break;
    case TYPED_ESCAPE:
        t->state = c == '[' ? TYPED_CSI : c == 'O' ? TYPED_SS3 : TYPED_TEXT;
        break;
    case TYPED_CSI:
        t->state = c >= '@' && c <= '~' ? TYPED_TEXT : TYPED_CSI;
        break;
    case TYPED_SS3:
        t->state = TYPED_TEXT;
        break;
    }
}

/* ---- what the guest says ---- */

/* The next n bytes of one run, shown or not. */
static void typed_take(struct typed *t, size_t n, bool shown)
{
    struct run *run = run_at(t, 0);

    if (t->by && strcmp(t->by, run->by) != 0)
        typed_end_line(t);
    t->by = run->by;
    if (!shown || !run->kept) {
        typed_begin_line(t); /* what came before it may be a part of the same */
        typed_hide(t, run->by);
    }
    for (size_t i = 0; i < n && shown && run->kept; i++)
        typed_byte(t, t->pending.data[i]);
    if (run->kept)
        buf_consume(&t->pending, n);
    run->bytes -= n;
    if (!run->bytes)
        buf_consume(&t->runs, sizeof(*run));
}

static void typed_skip(struct typed *t, uint64_t n, bool shown)
{
    while (n && run_count(t)) {
        size_t part = run_at(t, 0)->bytes;
        part = part < n ? part : (size_t)n;
        typed_take(t, part, shown);
        n -= part;
    }
}

void typed_reached(struct typed *t, const json_t *message)
{
    int64_t end = json_int_or(message, "typed", -1), n = json_int_or(message, "bytes", -1),
            shown = json_int_or(message, "shown", -1);
    uint64_t from;

    if (n < 0 || end < n || shown < 0 || shown > n || (uint64_t)(end - n) < t->reached)
        return;
    from = (uint64_t)(end - n);
    typed_skip(t, from - t->reached, false);
    typed_skip(t, (uint64_t)shown, true);
    typed_skip(t, (uint64_t)(n - shown), false);
    t->reached = (uint64_t)end;
}
