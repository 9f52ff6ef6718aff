/* What a command ends with on standard output and error: its result, its error, and whether all of
 * it could be written. */
#ifndef PYRO_CMD_OUTPUT_H
#define PYRO_CMD_OUTPUT_H

#include <jansson.h>

#include "engine/cmd/spec.h"

/* Prints j as --json shows it: two-space indent, sorted keys, and no character raw that could drive
 * a terminal. */
bool output_json(const json_t *j, FILE *out) MUST_CHECK;
/* "pyro: WHAT: WHY" and the hint on standard error, or the error object on `out` with json. */
void output_error(const struct pyro_error *error, bool json, FILE *out);
/*
 * Flushes and closes standard output. False when something was lost; err->sys_errno EPIPE when
 * that is because the reader went away, which is nobody's error.
 */
bool output_finish(FILE *out, struct pyro_error *err) MUST_CHECK;

#endif
