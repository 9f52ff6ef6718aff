/* engine/commands/shell_record.c: a shell's log as a recording that asciinema plays. */
#include <fcntl.h>

#include "engine/client/handle.h"
#include "engine/cmd/io.h"
#include "engine/commands/shell_rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/shell/cast.h"
#include "engine/state/shell_files.h"
#include "vmm/base/file_name.h"

struct shell_record_args {
    const char *workspace, *shell, *output;
};

static const struct arg_spec shell_record_rows[] = {
    ARG_WORKSPACE(shell_record_args, workspace),
    ARG_SHELL(shell_record_args, shell),
    ARG_STR(shell_record_args, output, .required = true, .metavar = "FILE.cast",
            .complete = COMPLETE_FILE, .help = "The recording to write (asciicast v2)"),
    ARG_END,
};

static const struct row_spec shell_record_result[] = {
    RES_STR("workspace_id"),     RES_STR("shell_id"),
    RES_STR("output_path"),      RES_INT("event_count"),
    RES_INT("bytes_written"),    RES_INT("dropped_bytes"),
    RES_NUM("duration_seconds"), ROW_END,
};

static bool write_recording(const struct workspace_handle *o, const char *shell, const char *path,
                            struct cast_result *ret, struct pyro_error *err)
{
    scoped_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0)
        return pyro_fail_errno(err, "open '%s'", path);
    if (!shell_cast(o->dir_fd, shell, fd, ret, err))
        return pyro_wrap(err, "record to '%s'", path);
    return true;
}

static json_t *shell_record_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct shell_record_args *a = args;
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct cast_result r = { 0 };

    /* The shell is looked for before the file is touched. */
    if (!workspace_open(a->workspace, &o, err) || !shell_exists(o.dir_fd, a->shell, err) ||
        !write_recording(&o, a->shell, a->output, &r, err))
        return NULL;
    return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:f}", "workspace_id", o.id, "shell_id",
                     a->shell, "output_path", name_to_json("", a->output), "event_count",
                     (json_int_t)r.events, "bytes_written", (json_int_t)r.bytes_written,
                     "dropped_bytes", (json_int_t)r.dropped_bytes, "duration_seconds",
                     r.duration_seconds);
}

static void shell_record_print(const json_t *result, FILE *out)
{
    show_line(out, "Recording", json_string_or(result, "output_path", NULL));
    show_number(out, "Events", json_int_or(result, "event_count", 0));
    show_number(out, "Bytes written", json_int_or(result, "bytes_written", 0));
}

const struct cmd_spec cmd_shell_record = {
    .path = "workspace shell record",
    .summary = "Write a shell's output as an asciicast v2 recording, with its timing",
    .example = "pyro workspace shell record demo sh1 --output session.cast",
    .traits = CMD_READ_ONLY,
    .args = shell_record_rows,
    .args_size = sizeof(struct shell_record_args),
    .result = shell_record_result,
    .run = shell_record_run,
    .print = shell_record_print,
};
