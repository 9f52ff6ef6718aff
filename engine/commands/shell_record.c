/* engine/commands/shell_record.c: a shell's log as a recording in a file. */
#include <fcntl.h>

#include "engine/client/handle.h"
#include "engine/cmd/io.h"
#include "engine/commands/shell_rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/shell/recorder.h"
#include "engine/state/shell_files.h"
#include "vmm/base/file_name.h"
#include "vmm/base/fs.h"

struct shell_record_args {
    const char *workspace, *shell, *output, *format;
};

static const struct arg_spec shell_record_rows[] = {
    ARG_WORKSPACE(shell_record_args, workspace),
    ARG_SHELL(shell_record_args, shell),
    ARG_STR(shell_record_args, output, .required = true, .metavar = "FILE",
            .complete = COMPLETE_FILE, .help = "The recording to write"),
    ARG_CHOICE(shell_record_args, format, .choices = recorder_formats, .def_str = "cast",
               .help = "asciicast v2, an animated picture, or a page with a player in it"),
    ARG_END,
};

static const struct row_spec shell_record_result[] = {
    RES_STR("workspace_id"),
    RES_STR("shell_id"),
    RES_STR("output_path"),
    RES_STR("format", .choices = recorder_formats),
    RES_INT("event_count", .help = "Of svg and html: frames"),
    RES_INT("bytes_written"),
    RES_INT("dropped_bytes"),
    RES_NUM("duration_seconds", .help = "Of svg and html: with pauses cut to two seconds"),
    RES_BOOL("truncated", .help = "It reached the format's limit (svg: about 4 MiB, html: 32)"),
    ROW_END,
};

static char *title_of(const struct workspace_handle *o, const char *shell)
{
    scoped_record struct workspace_record r = { 0 };
    bool named = record_load(o->dir_fd, o->id, &r, NULL) && r.name;

    return str_printf("%s/%s", named ? r.name : o->id, shell);
}

static bool write_recording(const struct workspace_handle *o, const struct shell_record_args *a,
                            struct record_result *ret, struct pyro_error *err)
{
    scoped_free char *title = title_of(o, a->shell);
    scoped_close int fd = open(a->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    const struct recorder_spec spec = { .workspace_fd = o->dir_fd,
                                        .shell = a->shell,
                                        .title = title,
                                        .format = a->format,
                                        .out_fd = fd };

    if (fd < 0)
        return pyro_fail_errno(err, "open '%s'", a->output);
    return recorder_write(&spec, ret, err) || pyro_wrap(err, "record to '%s'", a->output);
}

static json_t *shell_record_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct shell_record_args *a = args;
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct record_result r = { 0 };

    /* The shell is looked for before the file is touched. */
    if (!workspace_open(a->workspace, &o, err) || !shell_exists(o.dir_fd, a->shell, err) ||
        !write_recording(&o, a, &r, err))
        return NULL;
    return json_pack("{s:s, s:s, s:o, s:s, s:I, s:I, s:I, s:f, s:b}", "workspace_id", o.id,
                     "shell_id", a->shell, "output_path", name_to_json("", a->output), "format",
                     a->format, "event_count", (json_int_t)r.events, "bytes_written",
                     (json_int_t)r.bytes_written, "dropped_bytes", (json_int_t)r.dropped_bytes,
                     "duration_seconds", r.duration_seconds, "truncated", r.cut);
}

static void shell_record_print(const json_t *result, FILE *out)
{
    show_line(out, "Recording", json_string_or(result, "output_path", NULL));
    show_number(out, "Events", json_int_or(result, "event_count", 0));
    show_number(out, "Bytes written", json_int_or(result, "bytes_written", 0));
    if (json_is_true(json_object_get(result, "truncated")))
        show_line(out, "Truncated", "it reached the most that its format may have");
}

const struct cmd_spec cmd_shell_record = {
    .path = "workspace shell record",
    .summary = "Write a shell's output with its timing, as a recording to play",
    .details =
        "cast is asciicast v2, which asciinema plays. svg is a picture that moves by itself, for a "
        "README; html is one page with a player in it, to attach to a report, which needs no "
        "network. Both "
        "play a pause of more than two seconds as one of two.",
    .example = "pyro workspace shell record demo sh1 --output session.cast",
    .traits = CMD_READ_ONLY,
    .args = shell_record_rows,
    .args_size = sizeof(struct shell_record_args),
    .result = shell_record_result,
    .run = shell_record_run,
    .print = shell_record_print,
};
