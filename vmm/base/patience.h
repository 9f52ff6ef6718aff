/*
 * Limits on how long pyro waits for events that may never come. Each limit is a constant where it
 * is used, and goes through here: PYRO_CHECK_PATIENCE=F in the environment, for the project's own
 * tests, makes all of them F times as long (0.01 to 1000). A test that must pass on a slow machine
 * sets it high, one that tests a limit sets it low.
 */
#ifndef PYRO_PATIENCE_H
#define PYRO_PATIENCE_H

#include <stdint.h>

/* The limit, of whatever unit, as it applies to this process; a nonzero one stays at least 1. */
int64_t patience(int64_t limit);
/*
 * How long nothing must happen before something is done about it, in milliseconds: PYRO_CHECK_QUIET=F makes
 * that F times as long, as PYRO_CHECK_PATIENCE does limits.
 */
int64_t quiet_time(int64_t ms);
/* The moment, by clock_ms(), that many milliseconds from now. */
int64_t patience_until(int64_t limit_ms);

#endif
