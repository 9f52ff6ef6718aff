/* Finds out what this machine can do, by trying it. */
#ifndef PYRO_DOCTOR_H
#define PYRO_DOCTOR_H

#include "engine/helper/progress.h"
#include "vmm/base/json.h"

#define DOCTOR_UNKNOWN "unknown (still booting)"

/*
 * Starts a machine and runs a command in it, from `environment` or, with NULL, from an installed
 * one (none installed: a machine without a disk is booted, and no command run). Returns a new
 * object as `pyro doctor` declares it; "runtime" is "PASS" or "FAIL". Blocks: well under a second
 * when templates are there, else until one has been booted, and never for more than a minute: what
 * is not known by then is null, or DOCTOR_UNKNOWN where a text is declared, and fails. This process
 * adopts orphans from then on (proc.h). NULL only when out of memory.
 */
json_t *doctor_examine(const char *environment, const struct progress *progress,
                       struct pyro_error *err) MUST_CHECK;

#endif
