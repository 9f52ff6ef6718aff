/*
 * engine/cmd/pending.c: weak stand-ins for engine functions that commands call and that are not
 * written yet, so that the program links. A real one takes its stand-in's place by being there.
 */
#include "engine/environment/environment.h"
#include "engine/environment/pull.h"
#include "engine/workspace/workspace.h"

#define WEAK __attribute__((weak))
#define PENDING(err)                                                                               \
    (pyro_fail(err, PYRO_INTERNAL, "%s is not part of this build yet", __func__), NULL)

WEAK json_t *workspace_create(const struct workspace_spec *spec UNUSED,
                              const struct progress *progress UNUSED, struct pyro_error *err)
{
    return PENDING(err);
}

WEAK json_t *workspace_list(struct pyro_error *err)
{
    return PENDING(err);
}

WEAK json_t *workspace_status(const char *ref UNUSED, struct pyro_error *err)
{
    return PENDING(err);
}

WEAK json_t *workspace_start(const char *ref UNUSED, const struct progress *progress UNUSED,
                             struct pyro_error *err)
{
    return PENDING(err);
}

WEAK json_t *workspace_stop(const char *ref UNUSED, struct pyro_error *err)
{
    return PENDING(err);
}

WEAK json_t *workspace_delete(const char *ref UNUSED, struct pyro_error *err)
{
    return PENDING(err);
}

WEAK json_t *workspace_update(const char *ref UNUSED, const struct workspace_change *change UNUSED,
                              struct pyro_error *err)
{
    return PENDING(err);
}

WEAK json_t *workspace_logs(const char *ref UNUSED, struct pyro_error *err)
{
    return PENDING(err);
}

WEAK json_t *workspace_exec(const char *ref UNUSED, const struct workspace_exec_spec *spec UNUSED,
                            struct pyro_error *err)
{
    return PENDING(err);
}

WEAK json_t *workspace_run(const struct workspace_spec *spec UNUSED,
                           const struct workspace_exec_spec *exec UNUSED,
                           const struct progress *progress UNUSED,
                           workspace_run_phase_fn *phase UNUSED, void *arg UNUSED,
                           struct pyro_error *err)
{
    return PENDING(err);
}

WEAK json_t *workspace_used_environments(struct pyro_error *err)
{
    return PENDING(err);
}

WEAK bool environment_pull(const char *name UNUSED, const struct progress *progress UNUSED,
                           struct pyro_error *err)
{
    return PENDING(err) != NULL;
}

WEAK json_t *environment_inspect(const char *name UNUSED, struct pyro_error *err)
{
    return PENDING(err);
}

WEAK json_t *environment_list(struct pyro_error *err)
{
    return PENDING(err);
}

WEAK json_t *environment_prune(const char *const *used UNUSED, size_t used_count UNUSED,
                               struct pyro_error *err)
{
    return PENDING(err);
}
