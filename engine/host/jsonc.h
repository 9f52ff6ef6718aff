/*
 * JSON with comments, as people write configurations: comments of both kinds, a comma after the
 * last item, a byte order mark.
 */
#ifndef PYRO_HOST_JSONC_H
#define PYRO_HOST_JSONC_H

#include "vmm/base/json.h"

#define JSONC_BYTES_MAX ((size_t)16 * 1024 * 1024)

/* The caller owns the result; a fault is named by its byte. A text of nothing but comments is an
 * empty object. */
json_t *jsonc_parse(const char *text, size_t n, struct pyro_error *err) MUST_CHECK;

#endif
