/* A point in time as a user writes it. */
#ifndef PYRO_COMMANDS_TIME_TEXT_H
#define PYRO_COMMANDS_TIME_TEXT_H

#include "vmm/base/error.h"

#define TIME_TEXT_HELP                                                                             \
    "a time (2026-05-01T12:30, with Z in UTC), how long ago (90s, 10m, 2h, 3d) or epoch seconds"

/* *ret: epoch seconds. */
bool time_text_parse(const char *text, double *ret, struct pyro_error *err) MUST_CHECK;
/* As an arg_spec.check. */
bool check_time_text(const char *text, struct pyro_error *err);

#endif
