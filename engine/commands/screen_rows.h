/* The members of a `screen` object, in every result that has one. */
#ifndef PYRO_COMMANDS_SCREEN_ROWS_H
#define PYRO_COMMANDS_SCREEN_ROWS_H

#include "engine/cmd/spec.h"

extern const struct row_spec screen_rows[];

#endif
