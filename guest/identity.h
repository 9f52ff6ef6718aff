/* The identity of a clone: randomness, clock, names. */
#ifndef PYRO_GUEST_IDENTITY_H
#define PYRO_GUEST_IDENTITY_H

#include "guest/guest.h"

bool identity_op_begin(struct guest *g, const json_t *request, json_t **ret,
                       struct pyro_error *err);

#endif
