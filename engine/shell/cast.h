/* A recording as asciicast v2: docs.asciinema.org/manual/asciicast/v2. */
#ifndef PYRO_SHELL_CAST_H
#define PYRO_SHELL_CAST_H

#include <stdio.h>

#include "engine/shell/recording.h"

/* Output with the times it came at, and resizes where the guest applied them. Text is UTF-8
 * (anything else becomes U+FFFD), never cut inside a character. */
bool cast_write(const struct recording *r, FILE *out, struct record_result *ret,
                struct pyro_error *err) MUST_CHECK;

#endif
