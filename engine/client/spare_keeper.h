/*
 * Keeps spares for as long as a program with a loop runs: whenever a machine was made, another like
 * it is made ready by a child (`pyro __spare`), once the host is idle. The spares end with this
 * process, whatever ends it.
 */
#ifndef PYRO_SPARE_KEEPER_H
#define PYRO_SPARE_KEEPER_H

#include "vmm/base/loop.h"

struct spare_keeper;

/* NULL: none are allowed, or they cannot be followed. */
struct spare_keeper *spare_keeper_new(struct loop *loop);
/* NULL is fine. */
void spare_keeper_free(struct spare_keeper *k);

#endif
