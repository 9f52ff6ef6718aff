/* For run, demo and workspace exec: a guest command between this process's streams. */
#ifndef PYRO_COMMANDS_GUEST_COMMAND_H
#define PYRO_COMMANDS_GUEST_COMMAND_H

#include "engine/cmd/io.h"
#include "engine/cmd/spec.h"
#include "engine/workspace/workspace.h"

/* The last rows of a command's arguments: those of its request (command_request.h), and the end. */
#define ARGS_OF(KIND, S) COMMAND_##KIND(MEMBER_NONE, MEMBER_NONE, ARG_OF_REQUEST, S) ARG_END
#define ARG_OF_REQUEST(T, S, NAME, MEMBER, ...) ARG_OWNED(T, NAME, S, request.MEMBER, __VA_ARGS__),

/* How some of their values are read. */
bool command_take_user(void *user, const char *given, struct pyro_error *err);
bool command_take_cwd(void *cwd, const char *given, struct pyro_error *err);
bool command_take_variable(void *env, const char *item, struct pyro_error *err);
bool command_take_secret(void *secret_env, const char *item, struct pyro_error *err);

/* Streams passed through, or with --json only collected. Borrows the request. */
struct workspace_exec_spec guest_command_spec(const struct cmd_io *io,
                                              const struct command_request *request);
/* Takes the exit status from a result, and notes whether its output ended in the middle of a line.
 * Says what to do about one whose time was up. */
void guest_command_ended(struct cmd_io *io, const json_t *result, int64_t timeout_ms);
/* Runs a command in a VM of its own, telling phases and the summary as [run] lines: `run`'s object,
 * new. */
json_t *guest_command_run(struct cmd_io *io, const struct workspace_spec *spec,
                          const struct workspace_exec_spec *exec,
                          struct pyro_error *err) MUST_CHECK;

/* The rows of `run`'s object. */
extern const struct row_spec run_rows[];

#endif
