/* The user's own terminal while it shows a shell: made raw, and put back as it was on every way
 * out, fatal signals of this process included. One a process. */
#ifndef PYRO_SHELL_OWN_TERMINAL_H
#define PYRO_SHELL_OWN_TERMINAL_H

#include "engine/term/track.h"
#include "vmm/base/error.h"

#define OWN_TERMINAL_ALTERNATE_ON "\x1b[?1049h"
#define OWN_TERMINAL_ALTERNATE_OFF "\x1b[?1049l"

struct own_terminal_spec {
    int in_fd, out_fd;         /* one that is not a terminal is left alone */
    bool keep_signals;         /* Ctrl-C is a signal still */
    const struct track *shown; /* says whether the alternate screen is on; kept */
};
bool own_terminal_take(const struct own_terminal_spec *spec, struct pyro_error *err) MUST_CHECK;
/* Leaves the modes and the alternate screen of what was shown, and gives it back; nothing when it
 * was not taken. */
void own_terminal_give_back(void);

#endif
