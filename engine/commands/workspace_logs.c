/* engine/commands/workspace_logs.c: the commands a workspace ran, with what they printed. */
#include <inttypes.h>
#include <string.h>

#include "engine/cmd/io.h"
#include "engine/cmd/text.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/commands/time_text.h"
#include "engine/state/commands.h"
#include "engine/workspace/command_logs.h"
#include "vmm/base/fs.h"

#define TAIL_LINES_MAX 100000000
#define SEQUENCE_MAX INT32_MAX
#define JSON_OUTPUT_MAX (16ll * 1024 * 1024) /* bytes of output in one object */

struct workspace_logs_args {
    const char *workspace, *since;
    int64_t cursor, limit, tail_lines;
    bool follow;
};

static const struct arg_spec workspace_logs_rows[] = {
    ARG_WORKSPACE(workspace_logs_args, workspace),
    ARG_INT(workspace_logs_args, cursor, .agent = "", .max = SEQUENCE_MAX,
            .help = "Where to begin: a sequence, or the next_cursor of the last answer"),
    ARG_INT(workspace_logs_args, limit, .agent = "", .min = 1, .max = SEQUENCE_MAX,
            .def = ARG_UNSET, .help = "At most this many commands"),
    ARG_INT(workspace_logs_args, tail_lines, .agent = "", .max = TAIL_LINES_MAX, .def = ARG_UNSET,
            .help = "The last lines of output, counted over all commands"),
    ARG_STR(workspace_logs_args, since, .metavar = "TIME", .check = check_time_text,
            .help = "Only commands that began since: " TIME_TEXT_HELP),
    ARG_FLAG(workspace_logs_args, follow,
             .help = "Go on with each command as it ends, until the workspace stops"),
    ARG_END,
};

static const struct row_spec workspace_logs_result[] = {
    RES_STR("workspace_id"),
    RES_INT("count"),
    RES_OBJECTS("entries", command_rows, .help = "By sequence"),
    RES_INT("next_cursor", .help = "Where to continue"),
    RES_BOOL("truncated", .help = "There are more, beyond --limit or 16 MiB of output"),
    RES_INT("dropped_entries", .help = "The oldest, which are no longer kept (see above)"),
    ROW_END,
};

/* A stored output, ending with a newline. */
static void print_output(const json_t *entry, const char *name, const char *cut, FILE *out)
{
    const char *text = json_string_or(entry, name, "");
    size_t n = strlen(text);

    text_print_lines(out, text);
    if (n && text[n - 1] != '\n')
        fputc('\n', out);
    if (json_bool_or(entry, cut, false))
        fprintf(out, "[truncated: more was printed than is kept]\n");
}

static bool workspace_logs_add_to_list(void *arg, const json_t *entry, struct pyro_error *err)
{
    return json_array_append_new(arg, json_deep_copy(entry)) == 0 || pyro_no_memory(err, NULL);
}

static void print_entry(FILE *out, const json_t *e)
{
    fprintf(out, "[%" PRId64 "] ", json_int_or(e, "sequence", 0));
    show_command(e, out);
    fputs(" (cwd=", out);
    text_print(out, json_string_or(e, "cwd", ""));
    fprintf(out, " exit_code=%" PRId64 " duration_ms=%" PRId64 "%s)\n",
            json_int_or(e, "exit_code", 0), json_int_or(e, "duration_ms", 0),
            json_bool_or(e, "timed_out", false) ? " timed_out=True" : "");
    print_output(e, "stdout", "stdout_truncated", out);
    print_output(e, "stderr", "stderr_truncated", out);
    show_line(out, "Error", json_string_or(e, "error", NULL));
}

struct printing {
    struct cmd_io *io;
    bool began, follows;
};

/* Each entry is out before the next one is read. */
static bool workspace_logs_pass_on(void *arg, const json_t *entry, struct pyro_error *err)
{
    struct printing *p = arg;
    scoped_free char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    bool ok;

    BUG_ON(!out);
    if (p->began)
        fputc('\n', out);
    p->began = true;
    print_entry(out, entry);
    ok = fclose(out) == 0;
    if (!ok)
        return pyro_no_memory(err, NULL);
    return cmd_io_write(p->io, false, text, n, err) && (!p->follows || cmd_io_pause(p->io, err));
}

static bool workspace_logs_tell(void *arg, const json_t *entry, struct pyro_error *err UNUSED)
{
    cmd_io_entry(arg, command_rows, entry);
    return true;
}

/* Where entries go: into the object, to a program as they come, or to people. */
static void choose_sink(struct command_logs_spec *spec, struct cmd_io *io, json_t *entries,
                        struct printing *printing)
{
    if (!io->json) {
        spec->entry = workspace_logs_pass_on;
        spec->arg = printing;
    } else if (spec->follow) {
        spec->entry = workspace_logs_tell;
        spec->arg = io;
    } else {
        spec->entry = workspace_logs_add_to_list;
        spec->arg = entries;
        spec->max_bytes = JSON_OUTPUT_MAX;
    }
}

static bool say(struct cmd_io *io, char *text, struct pyro_error *err)
{
    scoped_free char *line = text;

    return cmd_io_write(io, false, line, strlen(line), err);
}

/* Prints what the entries themselves do not show. */
static bool say_what_is_missing(struct cmd_io *io, const struct workspace_logs_args *a,
                                const struct command_logs *l, struct pyro_error *err)
{
    bool from_the_first = !a->since && a->tail_lines == ARG_UNSET && a->cursor <= l->dropped;

    if (l->truncated)
        return say(io, str_printf("[more commands: --cursor %" PRId64 "]\n", l->next_cursor), err);
    if (l->dropped && from_the_first)
        return say(io,
                   str_printf("[the oldest %" PRId64 " commands are no longer kept: the history "
                              "has 256 MiB]\n",
                              l->dropped),
                   err);
    return l->count ||
           say(io, str_printf(l->any ? "No commands to show.\n" : "No commands yet.\n"), err);
}

static json_t *workspace_logs_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_logs_args *a = args;
    scoped_json json_t *entries = json_array();
    struct printing printing = { .io = io, .follows = a->follow };
    struct command_logs_spec spec = { .cursor = a->cursor,
                                      .limit = a->limit == ARG_UNSET ? -1 : a->limit,
                                      .tail_lines = a->tail_lines == ARG_UNSET ? -1 : a->tail_lines,
                                      .follow = a->follow,
                                      .progress = &io->progress };
    struct command_logs l;

    if (a->follow && io->json && !io->entry)
        return pyro_fail(err, PYRO_USAGE, "--follow and --json exclude each other");
    choose_sink(&spec, io, entries, &printing);
    if (a->since && !time_text_parse(a->since, &spec.since, err))
        return NULL;
    if (!workspace_logs(a->workspace, &spec, &l, err) ||
        (!io->json && !say_what_is_missing(io, a, &l, err)))
        return NULL;
    return json_pack("{s:s, s:I, s:O, s:I, s:b, s:I}", "workspace_id", l.workspace_id, "count",
                     (json_int_t)l.count, "entries", entries, "next_cursor",
                     (json_int_t)l.next_cursor, "truncated", l.truncated, "dropped_entries",
                     (json_int_t)l.dropped);
}

const struct cmd_spec cmd_workspace_logs = {
    .path = "workspace logs",
    .summary = "Show the commands a workspace ran and what they printed",
    .details =
        "The history keeps 256 MiB of commands and output, the oldest of which go first. With "
        "--json an answer has at most 16 MiB of output: go on from its next_cursor.",
    .example = "pyro workspace logs demo --tail-lines 50",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .tool = TOOL("workspace_logs", "Show past commands",
                 "Commands that ran in a workspace, and what they printed.", 0,
                 "workspace_id count next_cursor truncated entries.sequence entries.command "
                 "entries.exit_code entries.stdout entries.stderr"),
    .args = workspace_logs_rows,
    .args_size = sizeof(struct workspace_logs_args),
    .result = workspace_logs_result,
    .run = workspace_logs_run,
};
