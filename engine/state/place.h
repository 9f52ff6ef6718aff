/*
 * What a process has from its surroundings, and hands on to all it starts: user, control group,
 * namespaces, niceness, processors, limits, umask, and the variables that decide how machines start. A machine that was made in one place must not be
 * used from another: it would escape the limits of that one, or bring its own.
 */
#ifndef PYRO_PLACE_H
#define PYRO_PLACE_H

#include "vmm/base/error.h"
#include "vmm/base/json.h"

/* Of this process, and the program that it runs: an object, equal (json_equal()) in equal places.
 * Small; only strings and numbers. */
json_t *place_of_this_process(struct pyro_error *err) MUST_CHECK;

#endif
