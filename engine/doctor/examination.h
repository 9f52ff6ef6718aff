/* The examination behind `pyro doctor`, quick things first. */
#ifndef PYRO_EXAMINATION_H
#define PYRO_EXAMINATION_H

#include "vmm/base/json.h"

/*
 * One finding, an object, borrowed: {"set": {…}} members of doctor's result, {"capabilities": {…}}
 * members of those, {"problem", "action"}, {"fails": true}, or {"progress": "booting a template"}.
 */
typedef void examination_tell_fn(void *arg, const json_t *finding);

/* Tells each finding as soon as there is one. Blocks, and only doctor.c limits for how long: it
 * needs a process of its own, and changes the environment. */
void examine(const char *environment, examination_tell_fn *tell, void *arg);

#endif
