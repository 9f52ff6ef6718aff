/* tests/tui/terminal.c: a program on a PTY, and what it makes of the terminal. */
#include "tests/tui/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/term/width.h"
#include "vmm/base/error.h"
#include "vmm/base/sock.h"

#define TYPED_MAX (64 * 1024 * 1024)
#define HEARD_MAX ((size_t)1 << 20)
#define SEQUENCE_MAX (2 * TERMINAL_CLIPBOARD_MAX)

#define MUST(what) BUG_ON(!(what))

/* ---- the program's modes ---- */

static void set_mode(struct terminal *t, int mode, bool on)
{
    int i = 0;

    if (mode == 25 || mode == 7) /* the cursor is libvterm's; autowrap is on as before */
        return;
    while (i < t->mode_count && t->modes[i] != mode)
        i++;
    if (on && i == t->mode_count && i < TERMINAL_MODES_MAX)
        t->modes[t->mode_count++] = mode;
    else if (!on && i < t->mode_count)
        t->modes[i] = t->modes[--t->mode_count];
}

bool terminal_mode_is_set(const struct terminal *t, int mode)
{
    for (int i = 0; i < t->mode_count; i++)
        if (t->modes[i] == mode)
            return true;
    return false;
}

/* A whole CSI without its introducer, its final byte included. */
static void take_csi(struct terminal *t)
{
    char *at = t->sequence.data, final = at[t->sequence.len - 1];

    if (*at++ != '?' || (final != 'h' && final != 'l'))
        return;
    for (;;) {
        set_mode(t, (int)strtol(at, &at, 10), final == 'h');
        if (*at++ != ';')
            return;
    }
}

static void decode_base64(const char *text, struct buf *to)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    int count = 0;

    buf_clear(to);
    for (const char *at; *text && (at = strchr(digits, *text)); text++) {
        bits = bits << 6 | (uint32_t)(at - digits);
        count += 6;
        if (count >= 8) {
            char byte = (char)(bits >> (count -= 8));
            MUST(buf_append(to, &byte, 1));
        }
    }
}

static void take_osc(struct terminal *t)
{
    char *text = t->sequence.len ? t->sequence.data : NULL, *data;

    if (text && !strncmp(text, "52;", 3) && (data = strchr(text + 3, ';')))
        decode_base64(data + 1, &t->clipboard);
    if (text && !strncmp(text, "9;", 2))
        MUST(buf_printf(&t->heard, "says %s\n", text + 2));
}

static void note_byte(struct terminal *t, char c)
{
    unsigned char u = (unsigned char)c;

    switch (t->state) {
    case OUT_TEXT:
        t->state = c == '\033' ? OUT_ESC : OUT_TEXT;
        if (c == '\a')
            MUST(buf_append_str(&t->heard, "bell\n"));
        return;
    case OUT_ESC:
        buf_clear(&t->sequence);
        t->state = c == '[' ? OUT_CSI : c == ']' ? OUT_OSC : c == '\033' ? OUT_ESC : OUT_TEXT;
        return;
    case OUT_CSI:
        MUST(buf_append(&t->sequence, &c, 1));
        if (u >= 0x40 && u <= 0x7e) {
            take_csi(t);
            t->state = OUT_TEXT;
        }
        return;
    case OUT_OSC_ESC:
    case OUT_OSC:
        if (c == '\a' || (t->state == OUT_OSC_ESC && c == '\\')) {
            take_osc(t);
            t->state = OUT_TEXT;
        } else if (c == '\033') {
            t->state = OUT_OSC_ESC;
        } else if (t->sequence.len < SEQUENCE_MAX - 1) {
            MUST(buf_append(&t->sequence, &c, 1));
        }
        return;
    }
}

/* ---- libvterm ---- */

static int on_cursor(VTermPos pos, VTermPos old UNUSED, int visible UNUSED, void *user)
{
    ((struct terminal *)user)->cursor = pos;
    return 1;
}

static int on_prop(VTermProp prop, VTermValue *value, void *user)
{
    struct terminal *t = user;

    if (prop == VTERM_PROP_CURSORVISIBLE)
        t->cursor_visible = value->boolean;
    else if (prop == VTERM_PROP_CURSORSHAPE)
        t->cursor_shape = value->number;
    return 1;
}

static void flush_typed(struct terminal *t)
{
    ssize_t n = t->typed.len && t->master >= 0 ? write(t->master, t->typed.data, t->typed.len) : 0;

    if (n > 0)
        buf_consume(&t->typed, (size_t)n);
}

static void on_answer(const char *bytes, size_t n, void *user)
{
    terminal_type(user, bytes, n);
}

static void make_screen(struct terminal *t)
{
    static const VTermScreenCallbacks callbacks = { .movecursor = on_cursor,
                                                    .settermprop = on_prop };

    t->vt = vterm_new(t->rows, t->cols);
    vterm_set_utf8(t->vt, 1);
    vterm_output_set_callback(t->vt, on_answer, t);
    t->screen = vterm_obtain_screen(t->vt);
    vterm_screen_set_callbacks(t->screen, &callbacks, t);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_reset(t->screen, 1);
    t->cursor_visible = true;
    t->cursor_shape = VTERM_PROP_CURSORSHAPE_BLOCK;
}

/* ---- the program ---- */

static pid_t start_child(struct terminal *t, const char *const *argv)
{
    pid_t pid = fork();

    if (pid)
        return pid;
    setsid();
    if (ioctl(t->slave, TIOCSCTTY, 0) != 0 || dup2(t->slave, 0) < 0 || dup2(t->slave, 1) < 0 ||
        dup2(t->slave, 2) < 0)
        _exit(126);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

bool terminal_start(struct terminal *t, int cols, int rows, const char *const *argv)
{
    struct winsize ws = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

    *t = (struct terminal){ .rows = rows, .cols = cols, .slave = -1, .pidfd = -1 };
    buf_init(&t->clipboard, TERMINAL_CLIPBOARD_MAX);
    buf_init(&t->heard, HEARD_MAX);
    buf_init(&t->typed, TYPED_MAX);
    buf_init(&t->sequence, SEQUENCE_MAX);
    t->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (t->master < 0 || unlockpt(t->master) != 0 || ioctl(t->master, TIOCSWINSZ, &ws) != 0 ||
        (t->slave = ioctl(t->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0 ||
        tcgetattr(t->slave, &t->before) != 0)
        return false;
    make_screen(t);
    t->pid = start_child(t, argv);
    t->pidfd = t->pid > 0 ? (int)syscall(SYS_pidfd_open, t->pid, 0) : -1;
    return t->pidfd >= 0;
}

void terminal_release(struct terminal *t)
{
    if (t->pid > 0) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, &t->status, 0);
    }
    if (t->vt)
        vterm_free(t->vt);
    if (t->pidfd >= 0)
        close(t->pidfd);
    if (t->slave >= 0)
        close(t->slave);
    if (t->master >= 0)
        close(t->master);
    buf_release(&t->clipboard);
    buf_release(&t->heard);
    buf_release(&t->typed);
    buf_release(&t->sequence);
}

/* libvterm 0.3 garbles some characters that come in two pieces, so it gets whole ones. */
static void show_output(struct terminal *t, const char *bytes, size_t n)
{
    t->unfinished_bytes = utf8_unfinished(bytes, n);
    n -= t->unfinished_bytes;
    memcpy(t->unfinished, bytes + n, t->unfinished_bytes);
    vterm_input_write(t->vt, bytes, n);
    vterm_screen_flush_damage(t->screen);
}

static bool take_output(struct terminal *t)
{
    static char chunk[65536];
    size_t before = t->unfinished_bytes;
    ssize_t n = t->master < 0 ? 0 : read(t->master, chunk + before, sizeof(chunk) - before);

    if (n <= 0)
        return false;
    t->bytes += (uint64_t)n;
    for (ssize_t i = 0; i < n; i++)
        note_byte(t, chunk[before + (size_t)i]);
    memcpy(chunk, t->unfinished, before);
    show_output(t, chunk, before + (size_t)n);
    return true;
}

bool terminal_pump(struct terminal *t, int timeout_ms)
{
    struct pollfd fds[] = { { .fd = t->master, .events = POLLIN },
                            { .fd = t->pid ? t->pidfd : -1, .events = POLLIN } };

    if (!t->pid && t->master < 0)
        return false;
    flush_typed(t);
    if (t->typed.len)
        fds[0].events |= POLLOUT;
    if (poll(fds, 2, t->pid ? timeout_ms : 0) < 0)
        return true;
    if (fds[0].revents & POLLOUT)
        flush_typed(t);
    if (take_output(t))
        return true;
    if (t->pid && fds[1].revents && waitpid(t->pid, &t->status, 0) == t->pid)
        t->pid = 0;
    return t->pid != 0 || take_output(t);
}

void terminal_resize(struct terminal *t, int cols, int rows)
{
    struct winsize ws = { .ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols };

    while (take_output(t)) /* what was drawn for the old size */
        ;
    t->rows = rows;
    t->cols = cols;
    vterm_set_size(t->vt, rows, cols);
    ioctl(t->master, TIOCSWINSZ, &ws);
}

void terminal_hang_up(struct terminal *t)
{
    close(take_fd(&t->slave));
    close(take_fd(&t->master));
}

static bool differs(struct buf *why_not, const char *what)
{
    MUST(buf_append_str(why_not, what));
    return false;
}

bool terminal_is_restored(const struct terminal *t, struct buf *why_not)
{
    struct termios now;
    bool ok = true;

    if (t->slave < 0 || tcgetattr(t->slave, &now) != 0)
        return differs(why_not, "there is no terminal any more\n");
    for (int i = 0; i < t->mode_count; i++) {
        MUST(buf_printf(why_not, "mode %d is still set\n", t->modes[i]));
        ok = false;
    }
    if (!t->cursor_visible)
        ok = differs(why_not, "the cursor is hidden\n");
    if (now.c_iflag != t->before.c_iflag || now.c_oflag != t->before.c_oflag ||
        now.c_lflag != t->before.c_lflag || now.c_cflag != t->before.c_cflag)
        ok = differs(why_not, "the line discipline is another\n");
    return ok;
}

/* ---- the screen as text ---- */

static void append_cell(const VTermScreenCell *cell, struct buf *to)
{
    for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i]; i++) {
        char utf8[4];
        MUST(buf_append(to, utf8, term_encode(cell->chars[i], utf8)));
    }
}

void terminal_row_text(const struct terminal *t, int row, struct buf *to)
{
    size_t end = to->len;

    for (int col = 0; col < t->cols;) {
        VTermScreenCell cell = { .width = 1 };
        vterm_screen_get_cell(t->screen, (VTermPos){ row, col }, &cell);
        if (!cell.chars[0] || cell.chars[0] == (uint32_t)-1) {
            MUST(buf_append(to, " ", 1));
        } else {
            append_cell(&cell, to);
            if (cell.chars[0] != ' ')
                end = to->len;
        }
        col += cell.width > 1 ? cell.width : 1;
    }
    to->len = end;
    if (to->data)
        to->data[end] = '\0';
}

void terminal_text(const struct terminal *t, struct buf *to)
{
    for (int row = 0; row < t->rows; row++) {
        terminal_row_text(t, row, to);
        MUST(buf_append(to, "\n", 1));
    }
}

bool terminal_shows(const struct terminal *t, const regex_t *pattern, int *ret_row)
{
    scoped_buf text = BUF_INIT(1 << 20);

    for (int row = 0; row < t->rows; row++) {
        buf_clear(&text);
        terminal_row_text(t, row, &text);
        if (regexec(pattern, text.data ? text.data : "", 0, NULL, 0) != 0)
            continue;
        if (ret_row)
            *ret_row = row;
        return true;
    }
    return false;
}
