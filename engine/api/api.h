/*
 * `pyro api`: every command of the table for programs, over one pair of pipes. docs/api.md is the
 * protocol; request.h reads it, door.h carries it, call.h runs the calls.
 */
#ifndef PYRO_API_API_H
#define PYRO_API_API_H

#include <jansson.h>

#include "vmm/base/error.h"

#define API_PROTOCOL 1 /* raised when a client of the last one would no longer be understood */

/* Serves until the client is done; *ret_signal is the signal that ended it, or 0. */
bool api_serve(int in_fd, int out_fd, int *ret_signal, struct pyro_error *err) MUST_CHECK;
/* The whole schema, new: JSON Schema 2020-12 for each command's arguments and result, and for
 * requests and answers. */
json_t *api_describe(void);

#endif
