/* The end of a command on standard output and error: its result, its error, and whether all of it
 * could be written. */
#ifndef PYRO_CMD_OUTPUT_H
#define PYRO_CMD_OUTPUT_H

#include <jansson.h>

#include "engine/cmd/spec.h"

/* Prints j as --json shows it: two-space indent, sorted keys, and no character raw that could drive
 * a terminal. */
bool output_json(const json_t *j, FILE *out) MUST_CHECK;
/* The same on one line, sorted, with the newline; the caller frees. NULL: out of memory. */
char *output_json_line(const json_t *j) MUST_CHECK;
/* {code, message, hint} of an error, as it is shown to programs; new, NULL: out of memory. */
json_t *output_error_object(const struct pyro_error *error) MUST_CHECK;
/* "pyro: WHAT: WHY" and the hint on standard error, or the error object on `out` with json. */
void output_error(const struct pyro_error *error, bool json, FILE *out);
/*
 * Flushes and closes standard output. False when something was lost; err->sys_errno EPIPE when
 * that is because the reader went away, which is nobody's error.
 */
bool output_finish(FILE *out, struct pyro_error *err) MUST_CHECK;

#endif
