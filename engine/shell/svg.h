/*
 * A recording as one animated SVG: CSS keyframes and no script, so that it plays where a picture is
 * shown; where nothing moves it shows the last frame.
 */
#ifndef PYRO_SHELL_SVG_H
#define PYRO_SHELL_SVG_H

#include <stdio.h>

#include "engine/shell/frames.h"

/* The most that one may have, roughly; what comes later is cut, and the result says so. */
#define SVG_BYTES_MAX ((size_t)4 << 20)

/* every_ms and count_max of the spec are set here. */
bool svg_write(struct frames_spec *spec, FILE *out, struct record_result *ret,
               struct pyro_error *err) MUST_CHECK;

#endif
