/* `workspace shell replay`: a shell's recording, played in the user's own terminal. */
#ifndef PYRO_SHELL_PLAYER_H
#define PYRO_SHELL_PLAYER_H

#include <stdbool.h>
#include <stddef.h>

#include "vmm/base/error.h"

struct player_spec {
    int workspace_fd;
    const char *shell, *speed; /* speed: one of playback_speeds */
    double from;               /* epoch seconds; 0: the beginning */
    int in_fd, out_fd;         /* out_fd: a terminal; in_fd: one, or nothing is read from it */
};
/*
 * Plays it until its end or until the user ends it, and says in `ret` (of that size) where that was.
 * Nothing in a recording makes the terminal answer, or say more than what is typed. Its modes are
 * restored on every way out. Blocks.
 */
bool player_run(const struct player_spec *spec, char *ret, size_t size,
                struct pyro_error *err) MUST_CHECK;

#endif
