/* `workspace shell attach`: the user's terminal becomes the shell's. */
#ifndef PYRO_SHELL_ATTACH_H
#define PYRO_SHELL_ATTACH_H

#include "vmm/base/error.h"

/* Why an attachment ended. */
enum attach_end { ATTACH_DETACHED, ATTACH_SHELL_ENDED };

struct attach_spec {
    const char *workspace, *shell;
    bool watch;        /* nothing typed is sent, no size is set */
    int in_fd, out_fd; /* a terminal; for a `watch` only out_fd matters */
};
/*
 * Attaches the descriptors until the user detaches with Ctrl-] or the shell ends. The terminal's
 * modes are restored on every way out, fatal signals of this process included. Blocks.
 */
bool shell_attach(const struct attach_spec *spec, enum attach_end *ret_end,
                  struct pyro_error *err) MUST_CHECK;

#endif
