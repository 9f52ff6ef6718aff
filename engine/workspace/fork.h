/*
 * Forks: new workspaces that go on from where another one is. Its frozen layers get a second name in
 * each fork's directory, so that a fork costs no space and either can be deleted; what was kept of
 * its history is copied. Of one that runs they go on from its memory as well.
 */
#ifndef PYRO_WORKSPACE_FORK_H
#define PYRO_WORKSPACE_FORK_H

#include "engine/helper/progress.h"
#include "engine/secret/secrets.h"
#include "vmm/base/json.h"

#define FORKS_MAX 32 /* at once */

struct workspace_fork_spec {
    const char *name;              /* of more than one: NAME-1, NAME-2, …; NULL: none */
    int64_t count;                 /* 1 to FORKS_MAX */
    const char *snapshot;          /* go on from that; NULL: from now */
    bool disk_only;                /* and not from the memory */
    const json_t *labels;          /* object of strings to set, borrowed; NULL: none */
    json_t *env;                   /* {NAME: value} to set, borrowed; NULL: none */
    const struct secrets *secrets; /* set in place of those it has, or beside, borrowed */
    int64_t ttl_seconds;           /* -1: as it has; counted from the fork's own start */
};

/*
 * {forked_from, count, workspaces: [object, …]}; all of them or none. Those that go on from a memory
 * run, the others are stopped. PYRO_WORKSPACE_STATE without a disk; PYRO_NAME_TAKEN,
 * PYRO_SNAPSHOT_NOT_FOUND, PYRO_SNAPSHOT_STATE (the memory cannot be used here), PYRO_NO_SPACE,
 * PYRO_NO_MEMORY.
 */
json_t *workspace_fork(const char *ref, const struct workspace_fork_spec *spec,
                       const struct progress *progress, struct pyro_error *err) MUST_CHECK;

#endif
