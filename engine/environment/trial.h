/*
 * An environment that is made here is tried by a machine before it stays (`env import`, `env build`,
 * `workspace commit`). Until then a file in its directory says so, which the process that made it holds
 * locked: where nobody does, that one was killed on the way, and there is no such environment.
 */
#ifndef PYRO_ENVIRONMENT_TRIAL_H
#define PYRO_ENVIRONMENT_TRIAL_H

#include "vmm/base/error.h"

/* Marks a directory that is not in its place yet. The mark is held until trial_passed(), or this process ends; one
 * process makes one environment at a time. */
bool trial_begin(const char *install_dir, struct pyro_error *err) MUST_CHECK;
/* It stays: on the disk when it returns. One that is not marked is fine. */
bool trial_passed(const char *install_dir, struct pyro_error *err) MUST_CHECK;
/* Whether its trial has ended without a verdict. */
bool trial_was_given_up(const char *install_dir);

#endif
