/* `workspace shell attach`: the user's terminal becomes the shell's. */
#ifndef PYRO_SHELL_ATTACH_H
#define PYRO_SHELL_ATTACH_H

#include "vmm/base/error.h"

/* Why an attachment ended. */
enum attach_end { ATTACH_DETACHED, ATTACH_SHELL_ENDED };

/*
 * Attaches descriptors in_fd and out_fd (a terminal, but for a `watch` only out_fd matters) until
 * the user detaches with Ctrl-] or the shell ends. The terminal's modes are restored on every way
 * out, fatal signals of this process included. `watch`: nothing typed is sent, no size is set.
 * Blocks.
 */
bool shell_attach(const char *workspace, const char *shell, bool watch, int in_fd, int out_fd,
                  enum attach_end *ret_end, struct pyro_error *err) MUST_CHECK;

#endif
