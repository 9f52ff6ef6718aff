/* engine/workspace/create.c: creating workspaces. */
#include "engine/workspace/create.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "engine/environment/boot.h"
#include "engine/environment/overlays.h"
#include "engine/environment/pull.h"
#include "engine/helper/host_limits.h"
#include "engine/secret/hide.h"
#include "engine/state/base.h"
#include "engine/state/record_change.h"
#include "engine/state/store.h"
#include "engine/workspace/spare_claim.h"
#include "engine/workspace/undo.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

bool workspace_environment(const char *name, const struct progress *progress,
                           struct environment *ret, struct pyro_error *err)
{
    struct pyro_error why = { 0 };
    scoped_pulled pulled = { 0 };

    if (environment_open(name, ret, &why))
        return true;
    if (why.code != PYRO_ENVIRONMENT_NOT_FOUND || why.sys_errno != ENOENT)
        return pyro_copy(err, &why);
    return environment_pull(name, NULL, progress, &pulled, err) && environment_open(name, ret, err);
}

static bool fill_record(const struct workspace_spec *spec, bool ephemeral, bool on_host,
                        struct workspace_record *r, struct pyro_error *err)
{
    scoped_json json_t *change = json_object();
    scoped_redactor *redactor = NULL;

    record_init(r);
    if (spec->name)
        json_object_set_new(change, "name", json_string(spec->name));
    if (spec->secrets && !secrets_redactor(spec->secrets, &redactor, err))
        return false;
    if (spec->labels)
        json_object_set_new(change, "labels", hide_in_copy(redactor, spec->labels));
    if (!secrets_check_env(redactor, spec->env, err))
        return false;
    if (spec->env)
        json_object_set(change, "env", spec->env);
    json_object_set_new(change, "suspend_after_idle", json_integer(spec->suspend_after_idle));
    record_set_string(&r->environment, spec->environment);
    r->vcpu_count = spec->vcpu_count;
    r->mem_mib = spec->mem_mib;
    r->ttl_seconds = spec->ttl_seconds;
    r->network_policy = spec->network_policy;
    r->ephemeral = ephemeral;
    r->throw_away =
        ephemeral && !spec->seed_path && !spec->keeps_disk; /* a seeded one may be kept */
    r->held = spec->held;
    r->unannounced = spec->held;
    r->host_compat = on_host;
    if (spec->secrets && spec->secrets->count)
        r->secrets = secrets_describe(spec->secrets);
    return workspace_apply_change(r, change, err);
}

/* The environment's layers above its image become the first ones of the workspace's disk. */
static bool share_overlays(struct workspace_record *r, int dir_fd, const struct environment *e,
                           struct pyro_error *err)
{
    disk_layers_release(&r->disk);
    disk_layers_init_above(&r->disk, e->overlay_count);
    for (unsigned i = 1; i <= e->overlay_count; i++) {
        char name[OVERLAY_NAME_MAX];
        scoped_free char *path = NULL;
        overlay_name(i, name);
        path = str_printf("%s/%s", e->install_dir, name);
        if (!disk_layer_share(path, dir_fd, i, err))
            return false;
    }
    return true;
}

/* The VM's environment, kernel, and an empty disk of its own. */
static bool prepare_disk(struct workspace_record *r, int dir_fd, const struct environment *e,
                         const struct progress *progress, struct pyro_error *err)
{
    scoped_close int bases = base_lock(progress_tell, (void *)(uintptr_t)progress, err);
    scoped_free char *base = NULL;

    /* A workspace that ends with its holder need not outlive the cache: no copy is made for it. */
    if (bases >= 0)
        base = r->throw_away ? str_printf("%s", e->base_path)
                             : base_keep(e->base_path, e->base_digest, err);
    if (!base)
        return false;
    record_set_string(&r->environment, e->name);
    record_set_string(&r->environment_digest, e->digest);
    record_set_string(&r->base_digest, e->overlay_count ? e->base_digest : NULL);
    record_set_string(&r->image_digest, e->reference_digest);
    record_set_string(&r->base_path, base);
    r->image = json_incref(e->image);
    return share_overlays(r, dir_fd, e, err) &&
           disk_layer_create(dir_fd, r->disk.active, (uint64_t)e->image_bytes, err) &&
           record_save(dir_fd, r, false, err);
}

static enum supervise_mode start_mode(const struct workspace_spec *spec,
                                      const struct workspace_record *r)
{
    return r->spare             ? SUPERVISE_SPARE
           : spec->own_template ? SUPERVISE_OWN_TEMPLATE
                                : SUPERVISE_FRESH;
}

static bool create_in(const struct store *store, const struct workspace_spec *spec,
                      struct workspace_record *r, const struct environment *e,
                      const struct progress *progress, struct pyro_error *err)
{
    struct workspace_handle w = { .store = *store }; /* borrowed */
    struct workspace_record started;
    scoped_close int dir_fd = -1, lock_fd = -1;
    bool ok;

    if (!store_make(store, r, &dir_fd, &lock_fd, err))
        return false;
    w.dir_fd = dir_fd;
    memcpy(w.id, r->id, sizeof(w.id));
    ok = (!spec->secrets || secrets_store(spec->secrets, dir_fd, err)) &&
         (!e || prepare_disk(r, dir_fd, e, progress, err)) &&
         supervisor_start(&w, take_fd(&lock_fd), start_mode(spec, r), progress, err);
    if (!ok) {
        if (lock_fd >= 0)
            close(take_fd(&lock_fd));
        workspace_undo(&w);
        return false;
    }
    if (!record_load(dir_fd, r->id, &started, err))
        return false;
    record_release(r);
    *r = started; /* as its supervisor has written it by now */
    return true;
}

static bool create_started(const struct store *store, const struct workspace_spec *spec,
                           struct workspace_record *r, const struct environment *e,
                           const struct progress *progress, struct pyro_error *err)
{
    struct boot_files boot = { 0 };
    bool ok =
        boot_files_ensure(progress, &boot, err) && create_in(store, spec, r, e, progress, err);

    boot_files_release(&boot);
    return ok;
}

static bool create_vm(const struct store *store, const struct workspace_spec *spec,
                      const struct spares *spares, struct workspace_record *r,
                      const struct progress *progress, struct pyro_error *err)
{
    struct environment environment = { 0 };
    bool claimed = false;
    bool ok = workspace_environment(r->environment, progress, &environment, err) &&
              spare_claim(store, spares, spec, &environment, r, &claimed, err) &&
              (claimed || create_started(store, spec, r, &environment, progress, err));

    environment_release(&environment);
    if (ok && spares->wish)
        spare_claim_made_one(spares->wish);
    return ok;
}

bool workspace_lacks_vm(enum pyro_code code)
{
    return code == PYRO_DEPENDENCY_MISSING || code == PYRO_VM_FAILED || code == PYRO_PULL_FAILED ||
           code == PYRO_GUEST_ERROR || code == PYRO_GUEST_LOST || code == PYRO_TIMEOUT;
}

bool workspace_make(const struct workspace_spec *spec, bool ephemeral,
                    const struct progress *progress, struct workspace_record *ret,
                    struct pyro_error *err)
{
    scoped_store struct store store = { .fd = -1 };
    struct workspace_record r = { 0 };
    const struct spare_wish wish = spare_wish_of(spec);
    struct spares spares = { .wish = NULL };
    struct pyro_error why = { 0 };
    bool ok;

    if (!host_check_machine(spec->vcpu_count, spec->mem_mib, err) || !store_open(&store, err))
        return false;
    if (!spec->held && !spec->without_spares && spares_allowed(true) > 0)
        spares.wish = &wish;
    (void)!store_each(&store, STORE_BRIEF | STORE_SWEEP | STORE_SPARES, spare_claim_add, &spares,
                      NULL);
    ok = fill_record(spec, ephemeral, false, &r, &why) &&
         create_vm(&store, spec, &spares, &r, progress, &why);
    if (!ok && spec->allow_host_compat && workspace_lacks_vm(why.code)) {
        record_release(&r);
        ok = fill_record(spec, ephemeral, true, &r, &why) &&
             create_in(&store, spec, &r, NULL, progress, &why);
    }
    if (!ok) {
        record_release(&r);
        return pyro_copy(err, &why);
    }
    *ret = r;
    return true;
}

bool workspace_make_spare(const struct workspace_spec *spec, pid_t keeper, struct pyro_error *err)
{
    scoped_store struct store store = { .fd = -1 };
    scoped_record struct workspace_record r = { 0 };
    struct environment environment = { 0 };
    bool ok;

    if (!host_check_machine(spec->vcpu_count, spec->mem_mib, err) || !store_open(&store, err) ||
        !fill_record(spec, true, false, &r, err))
        return false;
    r.throw_away = false; /* it may become a workspace that is kept */
    r.spare = true;
    r.keeper_pid = keeper;
    r.keeper_start_time = keeper ? proc_start_time(keeper) : 0;
    ok = environment_open(spec->environment, &environment, err) &&
         create_started(&store, spec, &r, &environment, NULL, err);
    environment_release(&environment);
    return ok;
}

json_t *workspace_create(const struct workspace_spec *spec, const struct progress *progress,
                         struct pyro_error *err)
{
    scoped_record struct workspace_record r = { 0 };

    if (spec->seed_path)
        return workspace_create_seeded(spec, progress, err);
    return workspace_make(spec, false, progress, &r, err) ? record_to_view(&r) : NULL;
}
