/* How busy this host is: its processors, and its memory. */
#ifndef PYRO_WORKSPACE_HOST_FIGURES_H
#define PYRO_WORKSPACE_HOST_FIGURES_H

#include <stdint.h>

/* Zeroed at first. */
struct host_figures {
    int cpu_percent, memory_percent; /* of all of it; 0 also until it is known */
    /* Its own. */
    uint64_t busy_ticks, all_ticks;
    int64_t looked_ms;
};

/* Reads both from /proc, at most once a second. */
void host_figures_look(struct host_figures *f);

#endif
