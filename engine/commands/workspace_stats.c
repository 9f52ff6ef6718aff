/* engine/commands/workspace_stats.c: what workspaces use at this moment. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/client/handle.h"
#include "engine/cmd/io.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/workspace/stats.h"
#include "vmm/base/fs.h"

#define BETWEEN_MS 1000 /* two looks; one that is not followed has the second one sooner */
#define FIRST_MS 250

struct workspace_stats_args {
    struct arg_list workspaces;
    bool follow;
};

static const struct arg_spec workspace_stats_rows[] = {
    ARG_LIST(workspace_stats_args, workspaces, .positional = true, .optional = true,
             .metavar = "WORKSPACE_ID...", .complete = COMPLETE_WORKSPACE,
             .help = "Only these; otherwise all that run"),
    ARG_FLAG(workspace_stats_args, follow,
             .help = "Look again each second, until it is ended; with --json an object a line"),
    ARG_END,
};

static const struct row_spec stat_rows[] = {
    RES_STR("workspace_id"),
    RES_STR("name", .nullable = true),
    RES_STR("state", .choices = workspace_state_names),
    RES_NUM("cpu", .nullable = true,
            .help = "Share of one processor since the look before; null when that was of another "
                    "machine"),
    RES_NUM("cpu_seconds", .help = "Processor time since its processes started"),
    RES_INT("memory_bytes", .help = "Without the pages that it shares with other machines"),
    RES_INT("disk_bytes", .help = "What its disk and snapshots take on this host"),
    RES_INT("network_received_bytes", .help = "Frames since the machine started"),
    RES_INT("network_sent_bytes"),
    RES_INT("shell_count"),
    RES_INT("running_service_count"),
    RES_INT("running_command_count"),
    ROW_END,
};

static const struct row_spec workspace_stats_result[] = {
    RES_NUM("time", .help = "When it was looked"),
    RES_INT("count"),
    RES_OBJECTS("workspaces", stat_rows),
    ROW_END,
};

/* ---- one look ---- */

static json_t *stat_view(const struct workspace_stat *before, const struct workspace_stat *s)
{
    double cpu = workspace_stat_cpu(before, s);

    return json_pack(
        "{s:s, s:o, s:s, s:o, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "workspace_id", s->id,
        "name", json_string_or_null(s->name), "state", workspace_state_name(s->state), "cpu",
        cpu < 0 ? json_null() : json_real(cpu), "cpu_seconds", s->usage.cpu_seconds, "memory_bytes",
        (json_int_t)s->usage.memory_bytes, "disk_bytes", (json_int_t)s->disk_bytes,
        "network_received_bytes", (json_int_t)s->network.received_bytes, "network_sent_bytes",
        (json_int_t)s->network.sent_bytes, "shell_count", (json_int_t)s->shells,
        "running_service_count", (json_int_t)s->running_services, "running_command_count",
        (json_int_t)s->running_commands);
}

/* Takes the place of the last look. */
static json_t *look(const json_t *ids, struct workspace_stats *last, struct pyro_error *err)
{
    struct workspace_stats now;
    json_t *list = json_array();

    if (!workspace_stats_take(ids, &now, err)) {
        json_decref(list);
        return NULL;
    }
    for (size_t i = 0; i < now.count; i++)
        json_array_append_new(
            list, stat_view(workspace_stats_find(last, now.items[i].id), &now.items[i]));
    workspace_stats_release(last);
    *last = now;
    return json_pack("{s:f, s:I, s:o}", "time", clock_wall(), "count", (json_int_t)now.count,
                     "workspaces", list);
}

/* ---- for people ---- */

static void show_bytes(int64_t bytes, FILE *out)
{
    static const char units[] = "BKMGT";
    double n = (double)bytes;
    size_t unit = 0;

    while (n >= 1000 && units[unit + 1])
        n /= 1024, unit++;
    fprintf(out, unit && n < 10 ? "%.1f%c" : "%.0f%c", n, units[unit]);
}

static void workspace_stats_show_cpu(const json_t *w, FILE *out)
{
    const json_t *cpu = json_object_get(w, "cpu");

    if (json_is_number(cpu))
        fprintf(out, "%.0f%%", 100 * json_number_value(cpu));
    else
        fputc('-', out);
}

static void workspace_stats_show_memory(const json_t *w, FILE *out)
{
    show_bytes(json_int_or(w, "memory_bytes", 0), out);
}

static void workspace_stats_show_disk(const json_t *w, FILE *out)
{
    show_bytes(json_int_or(w, "disk_bytes", 0), out);
}

static void workspace_stats_show_received(const json_t *w, FILE *out)
{
    show_bytes(json_int_or(w, "network_received_bytes", 0), out);
}

static void workspace_stats_show_sent(const json_t *w, FILE *out)
{
    show_bytes(json_int_or(w, "network_sent_bytes", 0), out);
}

static void workspace_stats_print(const json_t *result, FILE *out)
{
    static const struct show_column columns[] = {
        { "WORKSPACE ID", 12, .member = "workspace_id" },
        { "STATE", 9, .member = "state" },
        { "CPU", 5, .show = workspace_stats_show_cpu, .to_the_right = true },
        { "MEMORY", 6, .show = workspace_stats_show_memory, .to_the_right = true },
        { "DISK", 6, .show = workspace_stats_show_disk, .to_the_right = true },
        { "RECEIVED", 8, .show = workspace_stats_show_received, .to_the_right = true },
        { "SENT", 6, .show = workspace_stats_show_sent, .to_the_right = true },
        { "SHELLS", 6, .member = "shell_count", .to_the_right = true },
        { "CMDS", 4, .member = "running_command_count", .to_the_right = true },
        { "NAME", .member = "name" },
        { .title = NULL },
    };

    show_table(json_object_get(result, "workspaces"), columns, "No workspace runs.", out);
}

/* ---- following ---- */

static bool tell(struct cmd_io *io, const json_t *result, struct pyro_error *err)
{
    scoped_free char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    bool ok;

    BUG_ON(!out);
    if (io->json)
        ok = json_dumpf(result, out, JSON_COMPACT | JSON_SORT_KEYS) == 0 && fputc('\n', out) > 0;
    else
        workspace_stats_print(result, out), ok = fputc('\n', out) > 0;
    ok &= fclose(out) == 0;
    if (!ok)
        return pyro_no_memory(err, NULL);
    return cmd_io_write(io, false, text, n, err) && cmd_io_pause(io, err);
}

static void rest(int64_t ms)
{
    const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

    nanosleep(&t, NULL);
}

static json_t *workspace_stats_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct workspace_stats_args *a = args;
    scoped_stats struct workspace_stats last = { 0 };
    scoped_json json_t *ids = NULL;
    json_t *result;

    if (!workspace_find_ids(a->workspaces.items, a->workspaces.count, &ids, err) ||
        !workspace_stats_take(ids, &last, err))
        return NULL;
    if (last.count)
        rest(FIRST_MS);
    result = look(ids, &last, err);
    io->told_lines = a->follow;
    while (a->follow && result) {
        if (io->entry)
            cmd_io_entry(io, workspace_stats_result, result);
        else if (!tell(io, result, err)) {
            json_decref(result);
            return NULL;
        }
        rest(BETWEEN_MS);
        json_decref(result);
        result = look(ids, &last, err);
    }
    return result;
}

const struct cmd_spec cmd_workspace_stats = {
    .path = "workspace stats",
    .summary = "Show what workspaces use: processor, memory, disk, network",
    .details =
        "Of those that run, or of the ones named. The processor is looked at twice, a quarter "
        "of a second apart, and with --follow each second.",
    .example = "pyro workspace stats demo",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .args = workspace_stats_rows,
    .args_size = sizeof(struct workspace_stats_args),
    .result = workspace_stats_result,
    .run = workspace_stats_run,
    .print = workspace_stats_print,
};
