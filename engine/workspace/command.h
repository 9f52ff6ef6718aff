/*
 * Commands of a workspace by their sequence: how they are doing, what they printed, waiting for
 * them and ending them. `ref` as in workspace.h; each function may block and returns a new JSON
 * object of the rows below, or NULL with err set: PYRO_COMMAND_NOT_FOUND for one that there never
 * was, or that the history no longer has.
 */
#ifndef PYRO_WORKSPACE_COMMAND_H
#define PYRO_WORKSPACE_COMMAND_H

#include "engine/state/command_log.h"
#include "engine/workspace/workspace.h"

/* A command that runs or has ended. */
#define COMMAND_STATE_ROWS                                                                         \
    RES_STR("workspace_id"), RES_INT("sequence", .help = "From 1"), RES_STRINGS("command"),        \
        RES_STR("cwd"), RES_STR("state", .choices = command_states),                               \
        RES_INT("exit_code", .nullable = true, .help = "Null while it runs"),                      \
        RES_BOOL("timed_out"),                                                                     \
        RES_INT("timeout_seconds",                                                                 \
                .help = "The limit that timed_out speaks of; 0: there is none"),                   \
        RES_INT("duration_ms", .help = "So far, while it runs"), RES_NUM("recorded_at"),           \
        RES_STR("error", .nullable = true, .help = "Why it was cut short"),                        \
        RES_STR("execution_mode", .choices = execution_modes)
extern const char *const command_states[]; /* running, ended */

/* Begins one that nobody waits for; its input is empty. The result is what workspace_exec() gives,
 * without outputs. */
json_t *workspace_exec_detached(const char *ref, const struct command_request *request,
                                struct pyro_error *err) MUST_CHECK;

/* {workspace_id, count, commands, dropped_entries}, by sequence: the newest ones, at most so many,
 * and all that run. */
json_t *command_list(const char *ref, size_t newest, struct pyro_error *err) MUST_CHECK;

struct command_wait_spec {
    int64_t idle_ms; /* until it printed nothing for this long; 0: that does not count */
    int64_t max_ms;  /* no longer than this; 0: however long */
};
struct command_read_spec {
    int64_t sequence, cursor, max_chars;
    bool wait; /* first until its end, or max_chars are there, or as `until` says */
    struct command_wait_spec until;
    const struct progress *progress; /* for notes while it waits */
};
/*
 * The state with cursor, next_cursor, truncated and dropped_bytes; fn is called with what was
 * printed from the cursor on. A cursor is a place in the log of a detached command; what another
 * one printed is there once it has ended: its output, then its errors. Past the end:
 * PYRO_COMMAND_STATE.
 */
json_t *command_output(const char *ref, const struct command_read_spec *spec,
                       command_stretch_fn *fn, void *arg, struct pyro_error *err) MUST_CHECK;
/* Its state once it has ended, or max_ms (0: however long) are over. */
json_t *command_await(const char *ref, int64_t sequence, int64_t max_ms,
                      const struct progress *progress, struct pyro_error *err) MUST_CHECK;
/* Sends a signal to it. KILL also waits a little for its end. One that has ended is left as it
 * is. */
json_t *command_kill(const char *ref, int64_t sequence, const char *signal,
                     const struct progress *progress, struct pyro_error *err) MUST_CHECK;

#endif
