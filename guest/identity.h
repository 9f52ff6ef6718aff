/* What makes a clone itself: randomness, clock, names. */
#ifndef PYRO_GUEST_IDENTITY_H
#define PYRO_GUEST_IDENTITY_H

#include <sys/types.h>

#include "guest/guest.h"

bool identity_op_begin(struct guest *g, const json_t *request, json_t **ret,
                       struct pyro_error *err);
/* Replaces a file at once, unless it is already as wanted. */
bool guest_replace_file(const char *path, const void *bytes, size_t n, mode_t mode,
                        struct pyro_error *err) MUST_CHECK;

#endif
