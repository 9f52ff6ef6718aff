/*
 * What workspaces use at this moment, for `workspace stats` and `metrics`. Nothing is started or
 * recovered for it: it only looks.
 */
#ifndef PYRO_WORKSPACE_STATS_H
#define PYRO_WORKSPACE_STATS_H

#include "engine/state/attention.h"
#include "engine/state/record.h"
#include "engine/workspace/usage.h"

struct workspace_stat {
    char id[WORKSPACE_ID_LENGTH + 1];
    char *name; /* NULL: none */
    enum workspace_state state;
    int64_t commands, running_commands, shells, running_services;
    struct usage usage; /* zero while it does not run */
    struct usage_network network;
    uint64_t disk_bytes;
    int64_t at_ms; /* clock_ms() */
    struct usage_process supervisor, vm;
};

struct workspace_stats {
    struct workspace_stat *items; /* those that were named, or all that run */
    size_t count;
    int64_t states[WORKSPACE_STATES], attention[ATTENTION_STATES]; /* of all workspaces */
};

/* `ids`: an array of those that are wanted, borrowed; NULL: all that run. */
bool workspace_stats_take(const json_t *ids, struct workspace_stats *ret,
                          struct pyro_error *err) MUST_CHECK;
void workspace_stats_release(struct workspace_stats *stats);
#define scoped_stats __attribute__((cleanup(workspace_stats_release)))

/* The item of that id; NULL: none. */
const struct workspace_stat *workspace_stats_find(const struct workspace_stats *stats,
                                                  const char *id);
/* The share of one processor between two looks; below 0: it is not known. */
double workspace_stat_cpu(const struct workspace_stat *before, const struct workspace_stat *now);

#endif
