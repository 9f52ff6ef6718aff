/* engine/shell/own_terminal.c: raw mode, and the way back. */
#include "engine/shell/own_terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "engine/term/replay.h"
#include "vmm/base/fs.h"
#include "vmm/base/signals.h"

static struct termios saved_modes;
static struct own_terminal_spec taken;
static bool is_taken, is_raw, is_noted;

/* Async-signal-safe: also called from fatal signals. A terminal that is gone needs nothing. */
static void leave_screen(void)
{
    static const char off[] = OWN_TERMINAL_ALTERNATE_OFF, modes[] = REPLAY_UNDO;

    if (taken.shown->alternate && !fs_write_all(taken.out_fd, off, sizeof(off) - 1, NULL))
        return;
    if (!fs_write_all(taken.out_fd, modes, sizeof(modes) - 1, NULL))
        return;
}

static void own_terminal_restore(void)
{
    if (is_raw)
        tcsetattr(taken.in_fd, TCSADRAIN, &saved_modes);
    is_raw = false;
}

void own_terminal_give_back(void)
{
    if (is_taken)
        leave_screen();
    is_taken = false;
    own_terminal_restore();
}

static void own_terminal_on_fatal(int number)
{
    own_terminal_give_back();
    signal(number, SIG_DFL);
    raise(number);
}

static bool make_raw(const struct own_terminal_spec *spec, struct pyro_error *err)
{
    struct termios raw;

    if (tcgetattr(spec->in_fd, &saved_modes) != 0)
        return pyro_fail_errno(err, "read the terminal's modes");
    raw = saved_modes;
    cfmakeraw(&raw);
    if (spec->keep_signals)
        raw.c_lflag |= ISIG;
    if (tcsetattr(spec->in_fd, TCSADRAIN, &raw) != 0)
        return pyro_fail_errno(err, "set the terminal's modes");
    is_raw = true;
    if (!is_noted)
        atexit(own_terminal_restore);
    is_noted = true;
    return true;
}

bool own_terminal_take(const struct own_terminal_spec *spec, struct pyro_error *err)
{
    static const int fatal[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT };
    const struct sigaction action = { .sa_handler = own_terminal_on_fatal };

    if (isatty(spec->in_fd) && !make_raw(spec, err))
        return false;
    taken = *spec;
    is_taken = is_raw || isatty(spec->out_fd);
    signals_catch(fatal, ARRAY_SIZE(fatal), &action);
    return true;
}
