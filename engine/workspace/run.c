/*
 * engine/workspace/run.c: one command in a machine of its own.
 *
 * The machine is an ephemeral workspace. This process holds it by a stream that it keeps open: when
 * the stream ends, for whatever reason, the supervisor kills the VM and removes all there is of it.
 * So a killed `run` leaves nothing.
 */

#include "engine/client/ephemeral.h"
#include "engine/client/handle.h"
#include "engine/workspace/create.h"
#include "engine/workspace/exec.h"
#include "engine/workspace/image_command.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/fs.h"

#define TRY_MEM_MIB 1024 /* as a machine has that nobody asked for more */

static void add_run_fields(json_t *result, const struct workspace_record *r, bool deleted)
{
    json_object_del(result, "workspace_id");
    json_object_del(result, "sequence");
    json_object_del(result, "cwd");
    json_object_del(result, "state");
    json_object_del(result, "next_cursor");
    json_object_del(result, "left_behind"); /* all of it ends with its machine */
    json_object_set_new(result, "vm_id", json_string(r->id));
    json_object_set_new(result, "environment", json_string(r->environment));
    json_object_set_new(result, "execution_mode", json_string(execution_modes[r->host_compat]));
    json_object_set_new(result, "accelerator", json_string_or_null(r->accelerator));
    json_object_set_new(result, "cleanup",
                        json_pack("{s:b, s:s, s:s}", "deleted", deleted, "reason",
                                  deleted ? "the command ended"
                                          : "removal failed; the next "
                                            "command tries again",
                                  "vm_id", r->id));
}

/* What is to be run, with what the environment's image says of it; pulls the environment. The stop
 * signal is the caller's; NULL: it has none. */
static bool complete(const struct workspace_spec *spec, const struct progress *progress,
                     struct command_request *r, char **ret_stop_signal, struct pyro_error *err)
{
    struct environment e = { 0 };
    struct pyro_error why = { 0 };
    bool ok;

    if (!workspace_environment(spec->environment, progress, &e, &why) &&
        !(spec->allow_host_compat && workspace_lacks_vm(why.code)))
        return pyro_copy(err, &why);
    ok = image_command_complete(e.image, spec->entrypoint, r, err) &&
         command_request_check(exec_request_rows, r, err);
    if (ok)
        *ret_stop_signal = image_command_stop_signal(e.image);
    environment_release(&e);
    return ok;
}

static json_t *run(const struct workspace_spec *spec, const struct workspace_exec_spec *exec,
                   const struct progress *progress, workspace_run_phase_fn *phase, void *arg,
                   struct pyro_error *err)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    scoped_record struct workspace_record r = { 0 };
    json_t *result = NULL;
    int hold_fd;
    bool deleted;

    if (!workspace_make(spec, true, progress, &r, err))
        return NULL;
    phase(arg, "start", r.id);
    if (!workspace_open_made(r.id, &w, err))
        return NULL;
    hold_fd = ephemeral_hold(&w, err);
    if (hold_fd >= 0) {
        phase(arg, "execute", r.id);
        result = workspace_exec_in(&w, exec, err);
    }
    deleted = ephemeral_end(&w, hold_fd);
    if (result)
        add_run_fields(result, &r, deleted);
    return result;
}

json_t *workspace_run(const struct workspace_spec *spec, const struct workspace_exec_spec *exec,
                      const struct progress *progress, workspace_run_phase_fn *phase, void *arg,
                      struct pyro_error *err)
{
    struct workspace_exec_spec whole = *exec;
    struct command_request *r = &whole.request;
    char *stop_signal = NULL;
    json_t *result = NULL;

    /* Its own, for the image may say otherwise. */
    r->command = json_incref(r->command);
    r->cwd = r->cwd ? str_printf("%s", r->cwd) : NULL;
    r->user = r->user ? str_printf("%s", r->user) : NULL;
    phase(arg, "create", NULL);
    if (complete(spec, progress, r, &stop_signal, err)) {
        whole.stop_signal = stop_signal;
        result = run(spec, &whole, progress, phase, arg, err);
    }
    free(stop_signal);
    json_decref(r->command);
    free(r->cwd);
    free(r->user);
    return result;
}

bool workspace_try(const char *environment, const struct progress *progress, struct pyro_error *err)
{
    const struct workspace_spec spec = {
        .environment = environment,
        .vcpu_count = 1,
        .mem_mib = TRY_MEM_MIB,
        .ttl_seconds = 600,
        .without_spares = true,
        .own_template = true,
    };
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    scoped_record struct workspace_record r = { 0 };
    int hold_fd;

    if (!workspace_make(&spec, true, progress, &r, err) || !workspace_open_made(r.id, &w, err))
        return false;
    hold_fd = ephemeral_hold(&w, err);
    if (!ephemeral_end(&w, hold_fd) && hold_fd >= 0)
        return pyro_fail(err, PYRO_VM_FAILED, "its machine could not be removed");
    return hold_fd >= 0;
}
