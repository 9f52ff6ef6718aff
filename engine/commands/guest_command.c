/* engine/commands/guest_command.c: streams, exit status and [run] lines. */
#include "engine/commands/guest_command.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cmd/status.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/state/names.h"
#include "vmm/base/fs.h"
#include "vmm/base/utf8.h"

static const struct row_spec cleanup_rows[] = {
    RES_BOOL("deleted"),
    RES_STR("reason"),
    RES_STR("vm_id"),
    ROW_END,
};

const struct row_spec run_rows[] = {
    RES_STR("vm_id"),
    RES_STR("environment"),
    RES_STRINGS("command"),
    RES_OUTPUT_ROWS,
    RES_INT("exit_code", .help = "128+N when signal N ended it, 124 when it ran out of time"),
    RES_BOOL("timed_out"),
    RES_INT("timeout_seconds", .help = "The limit that timed_out speaks of; 0: there is none"),
    RES_INT("duration_ms"),
    RES_STR("execution_mode", .choices = execution_modes),
    RES_STR("accelerator", .nullable = true, .choices = accelerators),
    RES_OBJECT("cleanup", cleanup_rows, .help = "What became of the VM"),
    ROW_END,
};

bool command_take_cwd(void *cwd, const char *given, struct pyro_error *err)
{
    char *absolute = workspace_cwd(given, err);

    if (!absolute)
        return false;
    free(*(char **)cwd);
    *(char **)cwd = absolute;
    return true;
}

bool command_take_user(void *user, const char *given, struct pyro_error *err)
{
    if (!*given || *given == ':')
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%s' is not a user", given);
    free(*(char **)user);
    *(char **)user = str_printf("%s", given);
    return true;
}

/* An error shows the name at most: the value may be anybody's. */
bool command_take_variable(void *env, const char *item, struct pyro_error *err)
{
    size_t n = strcspn(item, "=");
    scoped_free char *name = str_printf("%.*s", (int)n, item);
    const char *value = item[n] ? item + n + 1 : getenv(name);
    json_t **variables = env;

    if (!command_variable_is_valid(item, n)) {
        pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.100s' is not the name of an environment variable",
                  name);
        return pyro_hint(err, "give NAME=VALUE; a name has letters, digits and '_', and does not "
                              "begin with a digit");
    }
    if (value && !utf8_is_valid(value, strlen(value)))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "the value of '%.100s' is not UTF-8", name);
    if (!*variables)
        *variables = json_object();
    if (value)
        json_object_set_new(*variables, name, json_string(value));
    return true;
}

bool command_take_secret(void *secret_env, const char *item, struct pyro_error *err)
{
    return secrets_add_env(secret_env, item, err);
}

struct workspace_exec_spec guest_command_spec(const struct cmd_io *io,
                                              const struct command_request *request)
{
    return (struct workspace_exec_spec){ .request = *request,
                                         .stdin_fd = io->in_fd,
                                         .stdout_fd = io->passes ? io->out_fd : -1,
                                         .stderr_fd = io->passes ? io->err_fd : -1,
                                         .progress = &io->progress };
}

/* Output that was cut is not known to end with a newline. */
static void note_end(struct cmd_io *io, bool to_err, const char *text, bool cut)
{
    if (cut)
        cmd_io_note(io, to_err, "?", 1);
    else
        cmd_io_note(io, to_err, text, strlen(text));
}

void guest_command_ended(struct cmd_io *io, const json_t *result, int64_t timeout_ms)
{
    bool timed_out = json_bool_or(result, "timed_out", false);

    io->exit_status = timed_out ? STATUS_TIMED_OUT : (int)json_int_or(result, "exit_code", 0);
    if (io->json)
        return;
    note_end(io, false, json_string_or(result, "stdout", ""),
             json_bool_or(result, "stdout_truncated", false));
    note_end(io, true, json_string_or(result, "stderr", ""),
             json_bool_or(result, "stderr_truncated", false));
    if (timed_out)
        cmd_io_warn(io, "timed out after %" PRId64 " s (raise --timeout-seconds; 0: no limit)",
                    timeout_ms / 1000);
}

struct run_phases {
    struct cmd_io *io;
    const char *environment;
};

static void guest_command_show_phase(void *arg, const char *phase, const char *vm_id)
{
    struct run_phases *p = arg;

    cmd_io_phase(p->io, "run", phase, vm_id ? NULL : p->environment, vm_id);
}

json_t *guest_command_run(struct cmd_io *io, const struct workspace_spec *spec,
                          const struct workspace_exec_spec *exec, struct pyro_error *err)
{
    struct run_phases phases = { io, spec->environment };
    json_t *r = workspace_run(spec, exec, &io->progress, guest_command_show_phase, &phases, err);

    if (r)
        guest_command_ended(io, r, exec->request.timeout_ms);
    return r;
}
