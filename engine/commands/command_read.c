/* engine/commands/command_read.c: what a command printed, from a cursor on. */
#include "engine/cmd/io.h"
#include "engine/commands/command_rows.h"
#include "engine/commands/shell_rows.h"
#include "engine/commands/table.h"
#include "engine/shell/shell_read_spec.h"
#include "vmm/base/json.h"

#define IDLE_MS_MAX 60000
#define MAX_WAIT_MS 30000

struct command_read_args {
    const char *workspace;
    int64_t sequence, cursor, max_chars, wait_for_idle_ms, max_wait_ms;
};

static const struct arg_spec command_read_rows[] = {
    ARG_WORKSPACE(command_read_args, workspace),
    ARG_SEQUENCE(command_read_args),
    ARG_INT(command_read_args, cursor, .agent = "", .max = INT64_MAX,
            .help = "Where to begin: 0, or the next_cursor of the last read"),
    ARG_INT(command_read_args, max_chars, .agent = "", .min = 1, .max = SHELL_READ_CHARS_MAX,
            .def = 65536, .help = "Characters at most, of both outputs together"),
    ARG_INT(command_read_args, wait_for_idle_ms, .min = 1, .max = IDLE_MS_MAX, .def = ARG_UNSET,
            .unit = "ms", .help = "First wait until nothing was printed for this long"),
    ARG_INT(command_read_args, max_wait_ms, .agent = "", .min = 1, .max = SHELL_WAIT_MS_MAX,
            .def = ARG_UNSET, .unit = "ms",
            .help = "First wait until it has ended or printed --max-chars, but no longer than "
                    "this; with --wait-for-idle-ms default 30000, or twice that"),
    ARG_END,
};

static const struct row_spec command_read_result[] = {
    COMMAND_STATE_ROWS,
    RES_INT("cursor"),
    RES_INT("next_cursor", .help = "Where the next read begins"),
    RES_STR("stdout"),
    RES_STR("stderr"),
    RES_BOOL("truncated", .help = "More is there than --max-chars let through"),
    RES_INT("dropped_bytes", .help = "Skipped because the log no longer has them"),
    ROW_END,
};

struct printed {
    struct cmd_io *io;
    struct buf outputs[2]; /* with --json */
};

static bool command_read_take(void *arg, bool is_error, const char *bytes, size_t n,
                              struct pyro_error *err)
{
    struct printed *p = arg;

    if (!p->io->json)
        return cmd_io_write_shown(p->io, is_error, bytes, n, err);
    return buf_append(&p->outputs[is_error], bytes, n) || pyro_no_memory(err, NULL);
}

static struct command_wait_spec until(const struct command_read_args *a)
{
    struct command_wait_spec w = { .idle_ms = a->wait_for_idle_ms, .max_ms = a->max_wait_ms };

    if (a->wait_for_idle_ms == ARG_UNSET)
        w.idle_ms = 0;
    if (a->max_wait_ms == ARG_UNSET)
        w.max_ms = 2 * w.idle_ms > MAX_WAIT_MS ? 2 * w.idle_ms : MAX_WAIT_MS;
    return w;
}

static json_t *command_read_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct command_read_args *a = args;
    const struct command_read_spec spec = {
        .sequence = a->sequence,
        .cursor = a->cursor,
        .max_chars = a->max_chars,
        .wait = a->wait_for_idle_ms != ARG_UNSET || a->max_wait_ms != ARG_UNSET,
        .until = until(a),
        .progress = &io->progress,
    };
    struct printed p = { io, { BUF_INIT(SIZE_MAX / 2), BUF_INIT(SIZE_MAX / 2) } };
    json_t *view = command_output(a->workspace, &spec, command_read_take, &p, err);
    bool ok = view && cmd_io_flush(io, json_bool_or(view, "truncated", false), err);

    for (int i = 0; i < 2; i++) {
        if (ok)
            json_object_set_new(
                view, i ? "stderr" : "stdout",
                json_string_lossy(p.outputs[i].len ? p.outputs[i].data : "", p.outputs[i].len));
        buf_release(&p.outputs[i]);
    }
    if (!ok)
        json_decref(view);
    return ok ? view : NULL;
}

const struct cmd_spec cmd_command_read = {
    .path = "workspace command read",
    .summary = "Read what a command printed, from a cursor on",
    .details =
        "A read consumes nothing. A detached command can be read while it runs and after it has "
        "ended; of any other one the first MiB of each output can be read once it has ended, "
        "errors last. Its standard output goes to standard output, its standard error to standard "
        "error, in the order they came.",
    .example = "pyro workspace command read demo 1 --max-wait-ms 50000",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .tool = TOOL("workspace_command_read", "Read a command",
                 "What a command printed, from a cursor on: the next_cursor of the last read. "
                 "Waits for its end, at most max_wait_ms.",
                 TOOL_CORE,
                 "workspace_id sequence state exit_code timed_out timeout_seconds "
                 "error cursor next_cursor truncated dropped_bytes stdout stderr"),
    .args = command_read_rows,
    .args_size = sizeof(struct command_read_args),
    .result = command_read_result,
    .told = COMMAND_TOLD("read", "cursor next_cursor truncated dropped_bytes? "),
    .tells = CMD_TELLS_ON_ERROR,
    .run = command_read_run,
};
