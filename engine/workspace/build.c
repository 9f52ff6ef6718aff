/*
 * engine/workspace/build.c: a command's work becomes an environment.
 *
 * The machine is that of a `run`: it ends with this process, and all there is of it. Its disk is
 * written as that of a workspace that stays, for the environment has its layers. The name is held from
 * the start, so that no work is done for one that is taken.
 */
#include <fcntl.h>
#include <unistd.h>

#include "engine/client/ephemeral.h"
#include "engine/workspace/commit.h"
#include "engine/workspace/create.h"
#include "engine/workspace/exec.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/fs.h"

#define LOG_BYTES_MAX (64 << 20)
#define SCRIPT "/run/pyro-script" /* in memory: no disk has it */

struct build {
    const struct workspace_build_spec *spec;
    struct environment_commit environment;
    int log_fd; /* -1 until something is printed */
    int64_t log_bytes;
};

/* The command must not fail for its log: what cannot be written is not there. */
static void build_log(void *arg, const void *bytes, size_t n)
{
    static const char end[] = "\n[the rest is not kept]\n";
    struct build *b = arg;
    bool fits = b->log_bytes + (int64_t)n <= LOG_BYTES_MAX;

    if (b->log_bytes > LOG_BYTES_MAX)
        return;
    if (b->log_fd < 0)
        b->log_fd =
            open(b->environment.install.log_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    b->log_bytes = fits ? b->log_bytes + (int64_t)n : LOG_BYTES_MAX + 1;
    if (b->log_fd < 0 ||
        !fs_write_all(b->log_fd, fits ? bytes : end, fits ? n : sizeof(end) - 1, NULL))
        b->log_bytes = LOG_BYTES_MAX + 1;
}

/* The words of what takes a script from its standard input and becomes it; new. */
static json_t *script_command(const json_t *arguments, const char *name)
{
    json_t *words = json_pack(
        "[s, s, s, s]", "sh", "-c",
        "cat >" SCRIPT " && chmod 700 " SCRIPT " && exec " SCRIPT " \"$@\" </dev/null", name);

    json_array_extend(words, (json_t *)(uintptr_t)arguments);
    return words;
}

/* What the user knows of it, new. */
static json_t *shown_command(const struct workspace_build_spec *spec)
{
    json_t *words = spec->script ? json_pack("[s]", spec->script) : json_array();

    json_array_extend(words, spec->exec.request.command);
    return words;
}

static json_t *run_command(struct build *b, const struct workspace_handle *w,
                           struct pyro_error *err)
{
    struct workspace_exec_spec exec = b->spec->exec;
    scoped_json json_t *words = b->spec->script
                                    ? script_command(exec.request.command, b->spec->script)
                                    : json_incref(exec.request.command);

    exec.request.command = words;
    exec.log = build_log;
    exec.log_arg = b;
    return command_request_check(exec_request_rows, &exec.request, err)
               ? workspace_exec_in(w, &exec, err)
               : NULL;
}

static json_t *run_and_commit(struct build *b, const struct workspace_handle *w,
                              struct pyro_error *err)
{
    scoped_json json_t *result = run_command(b, w, err), *committed = NULL;
    bool succeeded = result && json_int_or(result, "exit_code", -1) == 0;

    if (!result)
        return NULL;
    if (succeeded) {
        committed = workspace_commit_into(&b->environment, w, err);
        if (!committed)
            return NULL;
    }
    json_object_set_new(result, "built", json_boolean(succeeded));
    json_object_set_new(result, "environment", json_string(b->spec->name));
    json_object_set_new(result, "base", json_string(b->spec->machine.environment));
    json_object_set_new(result, "command", shown_command(b->spec));
    json_object_set_new(
        result, "log",
        json_string_or_null(succeeded || b->log_fd < 0 ? NULL : b->environment.install.log_path));
    json_object_set_new(result, "left_out",
                        committed ? json_incref(json_object_get(committed, "left_out"))
                                  : json_null());
    json_object_set_new(result, "layers",
                        committed ? json_incref(json_object_get(committed, "layers"))
                                  : json_null());
    return json_incref(result);
}

static json_t *build(struct build *b, const struct progress *progress, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    scoped_record struct workspace_record r = { 0 };
    struct workspace_spec machine = b->spec->machine;
    json_t *result = NULL;
    int hold_fd;

    machine.keeps_disk = machine.without_spares = true;
    if (!workspace_make(&machine, true, progress, &r, err) || !workspace_open_made(r.id, &w, err))
        return NULL;
    hold_fd = ephemeral_hold(&w, err);
    if (hold_fd >= 0)
        result = run_and_commit(b, &w, err);
    ephemeral_end(&w, hold_fd);
    return result;
}

json_t *workspace_build(const struct workspace_build_spec *spec, const struct progress *progress,
                        struct pyro_error *err)
{
    struct build b = { .spec = spec, .environment = ENVIRONMENT_COMMIT_INIT, .log_fd = -1 };
    const char *log = NULL;
    json_t *result = NULL;

    if (environment_commit_begin(&b.environment, spec->name, progress, err)) {
        log = b.environment.install.log_path;
        unlink(log); /* that of one that failed */
        result = build(&b, progress, err);
        if (json_bool_or(result, "built", false))
            unlink(log);
        else if (!result && b.log_fd >= 0)
            pyro_hint(err, "what the command printed is in %s", log);
    }
    if (b.log_fd >= 0)
        close(b.log_fd);
    environment_commit_release(&b.environment);
    return result;
}
