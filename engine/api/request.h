/* A line from a program: what it asks for. docs/api.md has the protocol. */
#ifndef PYRO_API_REQUEST_H
#define PYRO_API_REQUEST_H

#include <jansson.h>

#include "vmm/base/error.h"

/* Everything is borrowed from `json`. */
struct api_request {
    json_t *json;
    json_t *id;        /* a string or an integer; NULL: it has none that is valid */
    const char *call;  /* a command's path */
    json_t *arguments; /* NULL: none */
    const char *input; /* NULL: none */
    size_t input_len;
    bool events;
    json_t *cancel; /* instead of a call: the id of the one to cancel */
};

/* Checks the whole line. PYRO_USAGE; ret is filled as far as things were understood, the id always.
 * The message quotes nothing of a line that is not JSON: it may hold a secret. Release it in either
 * case. */
bool api_request_parse(struct api_request *ret, const char *line, size_t n,
                       struct pyro_error *err) MUST_CHECK;
void api_request_release(struct api_request *r);

#endif
