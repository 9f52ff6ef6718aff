/*
 * engine/cmd/pending.c: weak stand-ins for engine functions that commands call and that are not
 * written yet, so that the program links. A real one takes its stand-in's place by being there.
 */
#include "engine/environment/environment.h"
#include "engine/environment/pull.h"
#include "engine/workspace/workspace.h"
#include "vmm/jail.h"
#include "vmm/template.h"

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

WEAK bool environment_open(const char *name UNUSED, struct environment *ret UNUSED,
                           struct pyro_error *err)
{
    return PENDING(err) != NULL;
}

WEAK void environment_release(struct environment *e UNUSED)
{
}

WEAK bool qemu_find(const char *cache_dir UNUSED, struct qemu *ret UNUSED, struct pyro_error *err)
{
    return PENDING(err) != NULL;
}

WEAK const char *accel_name(enum accel_kind kind)
{
    return kind == ACCEL_KVM ? "kvm" : "tcg";
}

WEAK bool accel_choose(const char *cache_dir UNUSED, const char *qemu_version UNUSED,
                       enum accel_kind *ret UNUSED, struct accel_verdict *ret_verdict UNUSED,
                       struct pyro_error *err)
{
    return PENDING(err) != NULL;
}

WEAK bool jail_probe(unsigned *ret_steps UNUSED, struct pyro_error *err)
{
    return PENDING(err) != NULL;
}

WEAK const char *jail_describe(unsigned steps UNUSED)
{
    return "";
}

WEAK bool template_open(const struct template_spec *spec UNUSED, struct template *ret UNUSED,
                        struct pyro_error *err)
{
    return PENDING(err) != NULL;
}

WEAK void template_release(struct template *t UNUSED)
{
}
