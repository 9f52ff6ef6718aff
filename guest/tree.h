/*
 * Trees of files in and out of the workspace: the requests `tree_write` and `tree_read`.
 *
 * Each is a command whose program is this one, so that the first process never waits for a disk:
 * the stream (vmm/base/tree.h) is its standard input or output.
 */
#ifndef PYRO_GUEST_TREE_H
#define PYRO_GUEST_TREE_H

#include "guest/guest.h"

bool tree_op_write(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err);
bool tree_op_read(struct guest *g, uint32_t id, const json_t *request, struct pyro_error *err);

/* The program of such a command: `pyro-guest --tree write|read ROOT PATH MASK`. */
int tree_main(int argc, char **argv);

#endif
