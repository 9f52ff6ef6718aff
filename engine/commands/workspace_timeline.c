/* engine/commands/workspace_timeline.c: what happened in a workspace. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/cmd/page.h"
#include "engine/cmd/text.h"
#include "engine/commands/rows.h"
#include "engine/commands/table.h"
#include "engine/commands/time_text.h"
#include "engine/state/timeline.h"
#include "engine/workspace/timeline_follow.h"

struct workspace_timeline_args {
    const char *workspace, *since;
    bool follow;
    struct page_args page;
};

static const struct arg_spec workspace_timeline_rows[] = {
    ARG_WORKSPACE(workspace_timeline_args, workspace),
    ARG_STR(workspace_timeline_args, since, .metavar = "TIME", .check = check_time_text,
            .agent = "", .help = "Only what happened since: " TIME_TEXT_HELP),
    ARG_FLAG(workspace_timeline_args, follow,
             .help = "Go on with each entry as it comes, until the workspace stops"),
    ARG_PAGE_ROWS(workspace_timeline_args),
    ARG_END,
};

static const struct row_spec workspace_timeline_result[] = {
    RES_STR("workspace_id"),
    RES_INT("count"),
    RES_OBJECTS("entries", timeline_rows, .help = "The oldest first"),
    RES_PAGE_ROWS,
    ROW_END,
};

/* ---- in parts ---- */

static char *workspace_timeline_cursor(const json_t *entry)
{
    char *text = NULL;

    if (asprintf(&text, "%" PRId64, timeline_number(entry)) < 0)
        return NULL;
    return text;
}

static bool workspace_timeline_is_after(const json_t *entry, const char *cursor)
{
    return timeline_number(entry) > strtoll(cursor, NULL, 10);
}

static bool workspace_timeline_check_cursor(const char *cursor, struct pyro_error *err)
{
    return (*cursor && strspn(cursor, "0123456789") == strlen(cursor) && strlen(cursor) < 19) ||
           pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.100s' is not the next_cursor of a timeline",
                     cursor);
}

static const struct page_order by_number = { .cursor_of = workspace_timeline_cursor,
                                             .is_after = workspace_timeline_is_after,
                                             .check = workspace_timeline_check_cursor };

/* ---- for people ---- */

static void add_word(FILE *out, const char *before, const char *word)
{
    if (!word)
        return;
    fputs(before, out);
    text_print(out, word);
}

/* "2026-05-01 12:00:01 exec_ended 3 exit_code=2 duration_ms=120  make check" */
static void print_entry(const json_t *e, FILE *out)
{
    static const char *const counts[] = { "exit_code", "duration_ms" };
    time_t at = (time_t)json_number_or(e, "time", 0);
    const json_t *secrets = json_object_get(e, "secrets"), *name;
    struct tm parts;
    char when[32] = "";
    size_t i;

    if (localtime_r(&at, &parts))
        strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &parts);
    fprintf(out, "%s %s", when, json_string_or(e, "event", ""));
    add_word(out, " ", json_string_or(e, "id", NULL));
    add_word(out, " by=", json_string_or(e, "by", NULL));
    add_word(out, " ", json_string_or(e, "state", NULL));
    for (i = 0; i < ARRAY_SIZE(counts); i++)
        if (json_is_integer(json_object_get(e, counts[i])))
            fprintf(out, " %s=%" PRId64, counts[i], json_int_or(e, counts[i], 0));
    json_array_foreach (secrets, i, name)
        add_word(out, i ? "," : " secrets=", json_string_value(name));
    add_word(out, "  ", json_string_or(e, "text", NULL));
    fputs(json_bool_or(e, "hidden", false) ? "  (not shown, not kept)\n" : "\n", out);
}

static void workspace_timeline_print(const json_t *result, FILE *out)
{
    const json_t *entries = json_object_get(result, "entries"), *entry;
    size_t i;

    json_array_foreach (entries, i, entry)
        print_entry(entry, out);
    if (!json_int_or(result, "count", 0))
        fputs("Nothing to show.\n", out);
    page_show(result, out);
}

/* ---- the command ---- */

static bool workspace_timeline_tell(void *arg, const json_t *entry, struct pyro_error *err)
{
    struct cmd_io *io = arg;
    scoped_free char *text = NULL;
    size_t n;
    FILE *out;

    if (io->json) {
        cmd_io_entry(io, timeline_rows, entry);
        return true;
    }
    out = open_memstream(&text, &n);
    BUG_ON(!out);
    print_entry(entry, out);
    if (fclose(out) != 0)
        return pyro_no_memory(err, NULL);
    return cmd_io_write(io, false, text, n, err) && cmd_io_pause(io, err);
}

static json_t *workspace_timeline_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_timeline_args *a = args;
    double since = 0;
    json_t *result;

    if (a->follow && io->json && !io->entry)
        return pyro_fail(err, PYRO_USAGE, "--follow and --json exclude each other");
    if (a->follow && (a->page.cursor || a->page.limit != ARG_UNSET))
        return pyro_fail(err, PYRO_USAGE, "--follow has neither --limit nor --cursor");
    if (a->since && !time_text_parse(a->since, &since, err))
        return NULL;
    if (!a->follow)
        return page_cut(workspace_timeline(a->workspace, since, err), "entries", &a->page,
                        &by_number, io, err);
    result = workspace_timeline_follow(a->workspace, since, workspace_timeline_tell, io,
                                       &io->progress, err);
    if (result)
        json_object_update_new(result, json_pack("{s:b, s:n}", "truncated", false, "next_cursor"));
    return result;
}

const struct cmd_spec cmd_workspace_timeline = {
    .path = "workspace timeline",
    .summary = "Show what happened in a workspace: commands, what was typed, files, services",
    .details =
        "Commands with their status, lines that were typed into shells and by whom, files that "
        "were "
        "written with pyro, services, snapshots, resets, the network, what needed attention, and "
        "the names of secrets that were given. What a terminal does not show, a password, is not "
        "kept. It outlives resets, and has at most 5 MiB: then the oldest entries go.",
    .example = "pyro workspace timeline demo --since 10m",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .tool =
        TOOL("workspace_timeline", "Show what happened",
             "What happened in a workspace: commands, typed lines and by whom, files, services, "
             "snapshots, resets, network.",
             0,
             "count next_cursor entries.time entries.event entries.id entries.by entries.state "
             "entries.text entries.exit_code entries.duration_ms entries.secrets"),
    .args = workspace_timeline_rows,
    .args_size = sizeof(struct workspace_timeline_args),
    .result = workspace_timeline_result,
    .run = workspace_timeline_run,
    .print = workspace_timeline_print,
};
