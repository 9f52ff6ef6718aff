/* Installing an environment: mmdebstrap's tar goes through pyro-image into an ext4 image. */
#ifndef PYRO_PULL_H
#define PYRO_PULL_H

#include "engine/helper/progress.h"
#include "vmm/base/error.h"

/*
 * Makes sure that the environment is installed and intact: an installed one is checked completely
 * and kept, a broken or missing one is built and put in its place. Two pulls at once: the second
 * waits and finds it done. Blocks for as long as packages take; `progress` may be NULL. Killed at
 * any moment it leaves nothing running, and files that the next pull sweeps. PYRO_PULL_FAILED (with
 * mmdebstrap's last lines), PYRO_DEPENDENCY_MISSING, PYRO_NO_SPACE, PYRO_PERMISSION.
 */
bool environment_pull(const char *name, const struct progress *progress,
                      struct pyro_error *err) MUST_CHECK;

#endif
