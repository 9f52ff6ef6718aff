/*
 * `env import`, `env build` and `workspace commit` start a machine of a new environment to try it. Until that has
 * passed, the environment's directory holds a file, the mark, on which the process that made it has a lock
 * (flock(2)). A mark that nobody has locked means that this process was killed: the environment was never tried
 * to the end, and counts as not installed.
 */
#ifndef PYRO_ENVIRONMENT_TRIAL_H
#define PYRO_ENVIRONMENT_TRIAL_H

#include "vmm/base/error.h"

/* Marks a directory that is not in its place yet. The lock is held until trial_passed() or the end of the
 * process; a process makes one environment at a time. PYRO_NO_SPACE and other errors of open(2). */
bool trial_begin(const char *install_dir, struct pyro_error *err) MUST_CHECK;
/* Removes the mark; on the disk when it returns. A directory without a mark is fine. */
bool trial_passed(const char *install_dir, struct pyro_error *err) MUST_CHECK;
/* Whether it has a mark that nobody has locked. */
bool trial_was_given_up(const char *install_dir);

#endif
