/* guest/input.c: the pieces of a shell's input, in order. */
#include "guest/input.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "guest/prompt.h"
#include "vmm/base/fs.h"
#include "vmm/base/link.h"

#define BYTES_MAX (4 * WIRE_CREDIT)
#define PIECES_MAX WIRE_CREDIT /* each has a byte at least */
#define PASTE_WAIT_MS 250
#define PASTE_LOOK_MS 10
#define PASTE_IDLE_MS                                                                              \
    20 /* earlier typing has been read, and answered if it changes modes                           \
        */
#define CHUNK 4096

#define PASTE_START "\x1b[200~"
#define PASTE_END "\x1b[201~"

enum kind { KEYS, LINES, PASTE, PASTED };

struct piece {
    enum kind kind;
    size_t here, missing; /* bytes received, and still missing */
    int64_t token, announced_ms;
};

static struct piece *pieces(const struct input *in)
{
    return (struct piece *)(void *)in->pieces.data;
}

static size_t piece_count(const struct input *in)
{
    return in->pieces.len / sizeof(struct piece);
}

static struct piece *last_piece(struct input *in)
{
    size_t n = piece_count(in);

    return n ? &pieces(in)[n - 1] : NULL;
}

void input_init(struct input *in, input_tell_fn *tell, void *arg)
{
    *in = (struct input){ .tell = tell, .arg = arg };
    buf_init(&in->bytes, BYTES_MAX);
    buf_init(&in->pieces, PIECES_MAX * sizeof(struct piece));
}

void input_release(struct input *in)
{
    buf_release(&in->bytes);
    buf_release(&in->pieces);
    in->mark = NULL;
}

static uint64_t program_of(pid_t pid)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
    return stat(path, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

void input_saw_output(struct input *in)
{
    if (!in->program)
        in->program = program_of(in->shell);
}

/* ---- arrival ---- */

static void tell_pasted(const struct input *in, int64_t token, bool pasted)
{
    scoped_json json_t *message =
        json_pack("{s:b, s:I}", "pasted", pasted, "token", (json_int_t)token);

    if (message)
        in->tell(in->arg, message);
}

void input_announce(struct input *in, const json_t *piece)
{
    bool paste = !strcmp(json_string_or(piece, "as", ""), "paste");
    int64_t bytes = json_int_or(piece, "bytes", -1);
    struct piece p = { .kind = paste ? PASTE : LINES,
                       .token = json_int_or(piece, "token", 0),
                       .announced_ms = clock_ms() },
                 *last = last_piece(in);

    if (bytes < 0 || bytes > INT32_MAX)
        return;
    p.missing = (size_t)bytes;
    if (!paste && last && last->kind == LINES)
        last->missing += p.missing;
    else if (!buf_append(&in->pieces, &p, sizeof(p)) && paste) /* too many: keys */
        tell_pasted(in, p.token, false);
}

/* Notes that many bytes received; whether they are kept. */
static void attribute(struct input *in, size_t n, bool kept)
{
    struct piece *last, keys = { .kind = KEYS };

    for (size_t i = 0; i < piece_count(in) && n; i++) {
        struct piece *p = &pieces(in)[i];
        size_t part = p->missing < n ? p->missing : n;
        p->missing -= part;
        p->here += kept ? part : 0;
        n -= part;
    }
    last = last_piece(in);
    keys.here = n;
    if (n && kept && !(last && last->kind == KEYS) &&
        buf_append(&in->pieces, &keys, sizeof(keys))) /* it was reserved */
        return;
    if (n && kept)
        last->here += n;
}

bool input_take(struct input *in, const void *bytes, size_t n)
{
    bool kept = buf_reserve(&in->pieces, sizeof(struct piece)) && buf_append(&in->bytes, bytes, n);

    attribute(in, n, kept);
    in->lost |= !kept;
    return kept;
}

void input_disconnected(struct input *in)
{
    for (size_t i = 0; i < piece_count(in); i++)
        pieces(in)[i].missing = 0;
    in->stale = in->bytes.len;
    in->typed = 0;
    in->lost = false;
}

bool input_waits(const struct input *in)
{
    return in->mark || in->bytes.len;
}

/* ---- to the terminal ---- */

static bool is_canonical(int pty_fd)
{
    struct termios mode;

    return tcgetattr(pty_fd, &mode) == 0 && (mode.c_lflag & ICANON);
}

/* Whether the shell itself reads now, and not a program it started or became. */
static bool shell_reads(const struct input *in, int pty_fd)
{
    return in->program && tcgetpgrp(pty_fd) == in->shell && program_of(in->shell) == in->program;
}

/* Whether a paste can be bracketed now: the reader has read everything before it. */
static bool takes_paste(const struct input *in, const struct input_terminal *t)
{
    return t->wants_pastes && t->idle_ms >= PASTE_IDLE_MS && !is_canonical(t->pty_fd) &&
           prompt_unread(t->pty_fd) == 0 &&
           (!shell_reads(in, t->pty_fd) || prompt_is_waiting(in->shell, t->pty_fd));
}

/* False: not decided yet. */
static bool decide_paste(struct input *in, struct piece *p, const struct input_terminal *t)
{
    if (takes_paste(in, t)) {
        p->kind = PASTED;
        in->mark = PASTE_START;
    } else if (clock_ms() - p->announced_ms >= PASTE_WAIT_MS) {
        p->kind = LINES;
    } else {
        return false;
    }
    tell_pasted(in, p->token, p->kind == PASTED);
    return true;
}

static bool write_mark(struct input *in, int pty_fd)
{
    ssize_t n = write(pty_fd, in->mark, strlen(in->mark));

    if (n > 0)
        in->mark += n;
    if (n > 0 && !*in->mark)
        in->mark = NULL;
    return n > 0 || errno == EINTR;
}

/* Writes some of the n bytes of a piece; returns as write(2). */
static ssize_t write_some(const struct input *in, enum kind kind, int pty_fd, size_t n)
{
    bool enter = kind != KEYS && memchr(in->bytes.data, '\n', n) && !is_canonical(pty_fd) &&
                 (kind == PASTED || !shell_reads(in, pty_fd));
    char chunk[CHUNK];

    if (!enter)
        return write(pty_fd, in->bytes.data, n);
    n = n < sizeof(chunk) ? n : sizeof(chunk);
    for (size_t i = 0; i < n; i++)
        chunk[i] = in->bytes.data[i] == '\n' ? '\r' : in->bytes.data[i];
    return write(pty_fd, chunk, n);
}

/* The first piece is over: its end, if it has one, and the next. */
static void next_piece(struct input *in)
{
    if (pieces(in)->kind == PASTED)
        in->mark = PASTE_END;
    buf_consume(&in->pieces, sizeof(struct piece));
}

static void tell_typed(struct input *in, size_t n, size_t shown)
{
    scoped_json json_t *message = NULL;

    in->typed += n;
    if (!n || in->lost)
        return;
    message = json_pack("{s:I, s:I, s:I}", "typed", (json_int_t)in->typed, "bytes", (json_int_t)n,
                        "shown", (json_int_t)shown);
    if (message)
        in->tell(in->arg, message);
}

/* Of the n bytes that were written, the first `shown` are shown. */
static void consume(struct input *in, size_t n, size_t shown, size_t *credit)
{
    size_t stale = n < in->stale ? n : in->stale;

    shown = shown < n ? shown : n;
    tell_typed(in, n - stale, shown > stale ? shown - stale : 0);
    typing_wrote(&in->typing, in->bytes.data, n);
    buf_consume(&in->bytes, n);
    pieces(in)->here -= n;
    in->stale -= stale;
    *credit += n - stale;
}

size_t input_write(struct input *in, const struct input_terminal *t, int64_t *ret_again_ms)
{
    size_t credit = 0;

    *ret_again_ms = 0;
    while (in->mark || piece_count(in)) {
        struct piece *p = pieces(in);
        size_t room, shown;
        ssize_t n;
        if (in->mark) {
            if (!write_mark(in, t->pty_fd))
                break;
            continue;
        }
        if (p->kind == PASTE && !decide_paste(in, p, t)) {
            *ret_again_ms = PASTE_LOOK_MS;
            break;
        }
        if (in->mark)
            continue;
        if (!p->here) {
            if (p->missing)
                break;
            next_piece(in);
            continue;
        }
        room = typing_room(&in->typing, t->pty_fd, in->bytes.data, p->here);
        shown = room ? echo_shown(&in->echo, t->pty_fd, in->shell, p->kind == PASTED,
                                  in->bytes.data, room)
                     : 0;
        n = room ? write_some(in, p->kind, t->pty_fd, room) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (!room)
            *ret_again_ms = TYPING_HELD_MS;
        if (n <= 0)
            break;
        consume(in, (size_t)n, shown, &credit);
    }
    return credit;
}
