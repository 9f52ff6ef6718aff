/* Reading the history of a workspace's commands, one entry at a time. */
#ifndef PYRO_COMMAND_LOGS_H
#define PYRO_COMMAND_LOGS_H

#include "engine/helper/progress.h"
#include "vmm/base/json.h"

struct command_logs_spec {
    int64_t cursor;     /* the first sequence */
    int64_t limit;      /* of entries; negative: none */
    int64_t tail_lines; /* the last lines of output, over all entries; negative: all */
    double since;       /* epoch seconds: those that began at or after it; 0: all */
    int64_t max_bytes;  /* of entries as stored, but at least one; 0: no limit */
    /* Continue with entries as they end, until the workspace does not run, or this process is told
     * to end. */
    bool follow;
    /* Takes an entry, borrowed; false ends it. */
    bool (*entry)(void *arg, const json_t *entry, struct pyro_error *err);
    void *arg;
    const struct progress *progress; /* for notes while it follows */
};

struct command_logs {
    char workspace_id[64];
    int64_t count;       /* of entries given */
    int64_t next_cursor; /* where to continue */
    int64_t dropped;     /* entries that are no longer kept */
    bool any;            /* there are commands, whether or not any matched */
    bool truncated;      /* there are more, which `limit` or `max_bytes` left out */
};

/* By sequence; commands that run are left out. Blocks. */
bool workspace_logs(const char *ref, const struct command_logs_spec *spec, struct command_logs *ret,
                    struct pyro_error *err) MUST_CHECK;

#endif
