/*
 * Shells: PTYs that outlive every connection.
 *
 * `shell_open` opens one; `shell_attach` is the stream that carries it: PTY output with absolute
 * offsets one way, input and requests the other. Output stays here until the host's credit says
 * that it has it, so a new connection continues at the offset the host has on its disk. An ended
 * shell is kept until the host has closed its stream.
 */
#ifndef PYRO_GUEST_SHELL_H
#define PYRO_GUEST_SHELL_H

#include "guest/guest.h"

bool shell_op_open(struct guest *g, const json_t *request, json_t **ret, struct pyro_error *err);
bool shell_op_list(struct guest *g, const json_t *request, json_t **ret, struct pyro_error *err);
/* {ID: offset of the output's end} of all; new. */
json_t *shell_ends(const struct guest *g);
bool shell_op_attach(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err);

#endif
