/* tui/tty.c: taking the terminal and giving it back. */
#include "tui/tty.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "tui/color.h"
#include "tui/tty_private.h"
#include "vmm/base/fs.h"
#include "vmm/base/signals.h"

static const char modes_on[] = "\x1b[?1002h\x1b[?1006h\x1b[?2004h\x1b[?1004h";
/* All that ncurses does not undo by itself, then all that it would: a crash handler writes only
 * this.
 */
static const char modes_off[] = "\x1b[?1004l\x1b[?2004l\x1b[?1006l\x1b[?1002l\x1b[0 q";
static const char screen_off[] = "\x1b[r\x1b[m\x1b[?1l\x1b>\x1b[?25h\x1b[?1049l";

static struct {
    bool held;
    struct termios modes;
    SCREEN *screen;
    int stderr_fd, memory_fd; /* the real standard error, and what takes its place */
    int cursor_shape;
} tty = { .stderr_fd = -1, .memory_fd = -1 };

/* ---- standard error ---- */

static void hold_stderr(void)
{
    tty.memory_fd = memfd_create("stderr", MFD_CLOEXEC);
    tty.stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (tty.memory_fd >= 0 && tty.stderr_fd >= 0)
        dup2(tty.memory_fd, STDERR_FILENO);
}

/* Async-signal-safe. */
static void release_stderr(void)
{
    char chunk[4096];
    ssize_t n;
    off_t at = 0;

    if (tty.stderr_fd < 0 || tty.memory_fd < 0)
        return;
    dup2(tty.stderr_fd, STDERR_FILENO);
    while ((n = pread(tty.memory_fd, chunk, sizeof(chunk), at)) > 0) {
        at += n;
        if (write(STDERR_FILENO, chunk, (size_t)n) < 0)
            break;
    }
    close(tty.stderr_fd);
    close(tty.memory_fd);
    tty.stderr_fd = tty.memory_fd = -1;
}

/* ---- the way out ---- */

/* Async-signal-safe. */
static void put(const char *bytes, size_t n)
{
    (void)!fs_write_all(STDOUT_FILENO, bytes, n, NULL);
}

/* Async-signal-safe: no ncurses. */
static void tty_restore_now(void)
{
    if (!tty.held)
        return;
    tty.held = false;
    put(modes_off, sizeof(modes_off) - 1);
    put(screen_off, sizeof(screen_off) - 1);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &tty.modes);
    release_stderr();
}

static void tty_on_crash(int number)
{
    tty_restore_now();
    signal(number, SIG_DFL);
    raise(number);
}

void tty_close(void)
{
    if (!tty.held)
        return;
    tty.held = false;
    put(modes_off, sizeof(modes_off) - 1);
    endwin();
    tcsetattr(STDIN_FILENO, TCSADRAIN, &tty.modes);
    release_stderr();
}

void tty_abandon(void)
{
    if (!tty.held)
        return;
    tty.held = false;
    release_stderr();
}

/* ---- the way in ---- */

static void use_utf8(void)
{
    if (setlocale(LC_CTYPE, "") && !strcmp(nl_langinfo(CODESET), "UTF-8"))
        return;
    setlocale(LC_CTYPE, "C.UTF-8");
}

/* A terminal by the entry that we carry, when it says that it has direct colour. */
static SCREEN *open_direct(void)
{
    const char *was = getenv("TERMINFO");
    char *kept = was ? strdup(was) : NULL;
    SCREEN *screen;

    setenv("TERMINFO", tty_direct_terminfo, 1);
    screen = newterm("pyro-direct", stdout, stdin);
    if (kept)
        setenv("TERMINFO", kept, 1);
    else
        unsetenv("TERMINFO");
    free(kept);
    return screen;
}

static bool open_screen(bool *ret_direct, struct pyro_error *err)
{
    const char *term = getenv("TERM");

    *ret_direct = false;
    if (!term || !*term || !strcmp(term, "dumb")) {
        pyro_fail(err, PYRO_NO_TERMINAL, "this terminal cannot show a screen (TERM=%s)",
                  term ? term : "");
        return pyro_hint(err, "set TERM to what the terminal is, for example xterm-256color");
    }
    /* The width of the environment variables would outlive a resize. */
    use_env(FALSE);
    use_tioctl(TRUE);
    if (color_claims_direct() && !color_wants_none())
        tty.screen = open_direct(), *ret_direct = tty.screen != NULL;
    if (!tty.screen)
        tty.screen = newterm(term, stdout, stdin);
    /* A terminal that Debian's base terminfo does not know: nearly all of those follow xterm. */
    if (!tty.screen)
        tty.screen = newterm("xterm-256color", stdout, stdin);
    if (!tty.screen)
        return pyro_fail(err, PYRO_DEPENDENCY_MISSING, "no description of the terminal '%s'", term);
    return true;
}

static void catch_crashes(void)
{
    static const int crashes[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT };
    static char stack[65536];
    stack_t other = { .ss_sp = stack, .ss_size = sizeof(stack) };
    struct sigaction action = { .sa_handler = tty_on_crash,
                                .sa_flags = SA_ONSTACK | (int)SA_RESETHAND };

    sigaltstack(&other, NULL);
    signals_catch(crashes, ARRAY_SIZE(crashes), &action);
    atexit(tty_restore_now);
}

bool tty_open(struct pyro_error *err)
{
    bool direct;

    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
        tcgetattr(STDIN_FILENO, &tty.modes) != 0) {
        pyro_fail(err, PYRO_NO_TERMINAL, "pyro tui needs a terminal");
        return pyro_hint(err, "'pyro workspace list' and 'pyro workspace shell read' need none");
    }
    use_utf8();
    if (!open_screen(&direct, err))
        return false;
    tty.held = true;
    catch_crashes();
    hold_stderr();
    raw();
    noecho();
    nonl();
    if (has_colors()) {
        start_color();
        use_default_colors();
    }
    color_init(direct);
    put(modes_on, sizeof(modes_on) - 1);
    return true;
}

/* ---- meanwhile ---- */

bool tty_size(int *ret_rows, int *ret_cols)
{
    struct winsize size;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || !size.ws_row || !size.ws_col)
        return false;
    *ret_rows = size.ws_row;
    *ret_cols = size.ws_col;
    return true;
}

void tty_send(const void *bytes, size_t n)
{
    if (tty.held)
        put(bytes, n);
}

void tty_cursor_shape(int shape)
{
    char text[16];
    int n;

    if (shape == tty.cursor_shape || shape < 0 || shape > 6)
        return;
    tty.cursor_shape = shape;
    n = snprintf(text, sizeof(text), "\x1b[%d q", shape);
    tty_send(text, (size_t)n);
}
