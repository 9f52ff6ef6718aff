/*
 * A recording as one HTML file with a player: from file://, with nothing from any network. Frames
 * are data that its script only ever sets as text; in the file they are ASCII without < > and &, so
 * that nothing a guest printed can end the element they are in.
 */
#ifndef PYRO_SHELL_HTML_H
#define PYRO_SHELL_HTML_H

#include <stdio.h>

#include "engine/shell/frames.h"

/* The most that the frames may take, roughly; what comes later is cut, and the result says so. */
#define HTML_BYTES_MAX ((size_t)32 << 20)

/* every_ms and count_max of the spec are set here. */
bool html_write(struct frames_spec *spec, FILE *out, struct record_result *ret,
                struct pyro_error *err) MUST_CHECK;

#endif
