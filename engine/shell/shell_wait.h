/* Waiting for a shell: asleep on the change notification of its files, never polling. */
#ifndef PYRO_SHELL_WAIT_H
#define PYRO_SHELL_WAIT_H

#include "engine/client/handle.h"
#include "engine/shell/shell_read_spec.h"
#include "vmm/base/error.h"

/*
 * Returns when the output has been idle, when the shell or a program in it waits for input, when
 * max_chars are there to be read, when the shell has ended, or when the time is over. *ret_answer is
 * what the guest said last, all false unless it was asked.
 */
bool shell_wait(const struct workspace_handle *workspace, const char *id,
                const struct shell_read_spec *spec, struct shell_wait_answer *ret_answer,
                struct pyro_error *err) MUST_CHECK;

#endif
