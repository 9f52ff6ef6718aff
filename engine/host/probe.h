/*
 * An agent's entry tried: its command started as the agent would, asked for its tools. What is
 * wrong comes with what to do about it.
 */
#ifndef PYRO_HOST_PROBE_H
#define PYRO_HOST_PROBE_H

#include "engine/host/agent.h"

struct probe {
    const char *state; /* one of probe_states */
    char *file;
    json_t *command; /* NULL: there is no entry */
    json_t *tools;   /* their names; NULL: it was not asked */
    char *version;   /* of the pyro that answered; NULL: none did */
    int64_t elapsed_ms;
    char *problem, *action; /* NULL: none */
};

extern const char *const probe_states[];

/* Blocks for as long as the entry's command takes to answer and end, a quarter of a minute at
 * most. */
void agent_probe(const struct agent *a, struct probe *ret);
void probe_release(struct probe *p);
#define scoped_probe __attribute__((cleanup(probe_release))) struct probe

#endif
