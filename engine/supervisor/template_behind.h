/*
 * The template that a first start did not wait for.
 *
 * Where the template of an environment is missing, a machine starts by the one of restarts, which is for
 * any disk, and mounts its disk itself. The environment's own is built behind it, for the next one: by a
 * process of its own, at a priority at which it takes only time that nobody else wants. It outlives a
 * `run` of half a second, but not the limits of a build. One builds at a time, and none where the host is
 * short of memory, or where that template could not be built lately (vmm/template_failed.h). Killed, it
 * leaves what the next builder sweeps.
 */
#ifndef PYRO_SUPERVISOR_TEMPLATE_BEHIND_H
#define PYRO_SUPERVISOR_TEMPLATE_BEHIND_H

#include "engine/supervisor/supervisor.h"

/* Whether a first start waits for its template, where what asked for it wishes so. PYRO_CHECK_TEMPLATES
 * decides otherwise, for tests: "now": every one waits, so that all see the same whichever of them is
 * first; "never": none does, and none is built behind, so that those that make many environments do
 * not boot for each. */
bool template_is_waited_for(bool wished);
/* Starts the builder. Nothing is reported: a template that is not built costs a quick start. */
void template_behind_start(const struct supervisor *s);
/* `pyro __template DIGEST VCPUS MIB on|off ENTRYPOINT IMAGE [LAYER…]`: of the environment of that digest,
 * which has these layers and that entry point ("": none), for machines with a network or without. Returns
 * its exit status. */
int template_behind_main(int argc, char **argv);

#endif
