/* engine/commands/shell_read.c: a shell's output from a cursor on. */
#include "engine/shell/shell_read.h"

#include <unistd.h>

#include "engine/cmd/io.h"
#include "engine/cmd/text.h"
#include "engine/commands/screen_rows.h"
#include "engine/commands/shell_rows.h"
#include "engine/commands/table.h"
#include "vmm/base/json.h"

#define WAIT_MS_MAX 60000
#define PIECE_CHARS (4 * 1024 * 1024)

struct shell_read_args {
    const char *workspace, *shell;
    int64_t cursor, max_chars, wait_for_idle_ms, max_wait_ms;
    bool raw, plain, colors, times, screen, wait_for_prompt, wait_for_input;
};

static const struct arg_spec shell_read_rows[] = {
    ARG_WORKSPACE(shell_read_args, workspace),
    ARG_SHELL(shell_read_args, shell),
    ARG_INT(shell_read_args, cursor, .agent = "", .max = INT64_MAX,
            .help = "Where to begin: 0, or the next_cursor of the last read"),
    ARG_INT(shell_read_args, max_chars, .agent = "", .min = 1, .max = SHELL_READ_CHARS_MAX,
            .def = 65536, .help = "Characters of raw output to consume at most"),
    ARG_FLAG(shell_read_args, raw,
             .help = "Raw bytes even on a terminal; escape sequences take effect"),
    ARG_FLAG(shell_read_args, plain, .agent = "",
             .help = "As text a person would have seen scroll past"),
    ARG_FLAG(shell_read_args, colors,
             .help = "With --plain: keep colours, as SGR sequences, and what a clear has dropped"),
    ARG_FLAG(shell_read_args, times,
             .help = "With --plain: each line begins with when it was written last, in UTC"),
    ARG_FLAG(shell_read_args, screen, .agent = "",
             .help = "The terminal's screen as it is now instead"),
    ARG_INT(shell_read_args, wait_for_idle_ms, .agent = "", .min = 1, .max = WAIT_MS_MAX,
            .def = ARG_UNSET, .unit = "ms",
            .help = "First wait until there was no output for this long"),
    ARG_FLAG(shell_read_args, wait_for_prompt, .agent = "",
             .help = "First wait until the shell waits for the next command"),
    ARG_FLAG(shell_read_args, wait_for_input, .agent = "",
             .help = "First wait until a program in it asks for input, or the shell for a command"),
    ARG_INT(shell_read_args, max_wait_ms, .agent = "", .min = 1, .max = SHELL_WAIT_MS_MAX,
            .def = ARG_UNSET, .unit = "ms",
            .help = "Wait no longer than this; default 30000, or twice --wait-for-idle-ms"),
    ARG_END,
};

static const struct row_spec shell_read_result[] = {
    SHELL_ROWS,
    RES_INT("cursor"),
    RES_INT("next_cursor", .help = "Where the next read begins; with --screen the end of the log"),
    RES_STR("output", .help = "Empty with --screen"),
    RES_BOOL("truncated", .help = "There is more than --max-chars let through"),
    RES_BOOL("plain"),
    RES_INT("wait_for_idle_ms", .nullable = true),
    RES_INT("dropped_bytes", .help = "Skipped because the log no longer has them"),
    RES_BOOL("alt_screen", .help = "It ends inside a full-screen program: --screen shows that"),
    RES_BOOL("at_prompt", .nullable = true,
             .help = "Whether the shell waits for input; null unless the read waited for that"),
    RES_BOOL("asks", .nullable = true,
             .help = "Whether a program in it does; null without --wait-for-input"),
    RES_OBJECT("screen", screen_rows, .nullable = true, .help = "With --screen"),
    ROW_END,
};

/* The rows of a screen as lines, blank ones at its end left out. */
static bool write_screen(struct cmd_io *io, const struct screen *s, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT((size_t)64 << 20);
    int count = s->rows;

    while (count && !s->text[count - 1][0])
        count--;
    for (int i = 0; i < count; i++)
        if (!text_escape(&text, s->text[i]) || !buf_append(&text, "\n", 1))
            return pyro_no_memory(err, NULL);
    return cmd_io_write(io, false, text.len ? text.data : "", text.len, err);
}

/* Output drives a terminal only where the user asked for it: with --raw, or by the colours that
 * --colors writes. */
static bool write_output(const struct shell_read_args *a, struct cmd_io *io, const struct buf *text,
                         struct pyro_error *err)
{
    scoped_buf lines = BUF_INIT(SIZE_MAX / 2);
    const char *bytes = text->len ? text->data : "";

    if (a->raw || a->colors || !isatty(io->out_fd))
        return cmd_io_write(io, false, bytes, text->len, err);
    if (!buf_reserve(&lines, text->len))
        return pyro_no_memory(err, NULL);
    for (size_t i = 0; i < text->len; i++) /* the end of a line is one, and not a character */
        if (bytes[i] != '\r' || i + 1 == text->len || bytes[i + 1] != '\n')
            lines.data[lines.len++] = bytes[i];
    return cmd_io_write_shown(io, false, lines.len ? lines.data : "", lines.len, err);
}

/*
 * A long text is rendered and written piece by piece, each from where the last one ended, so that
 * neither takes memory for all of it. `r` is the first piece's, and in the end that of all.
 */
static bool write_in_pieces(const struct shell_read_args *a, struct shell_read_spec *spec,
                            struct cmd_io *io, struct shell_reading *r, struct pyro_error *err)
{
    int64_t left = a->max_chars - spec->max_chars;
    struct shell_reading next;

    spec->wait_for_idle_ms = 0;
    spec->wait_for_prompt = spec->wait_for_input = false;
    while (write_output(a, io, &r->output, err)) {
        if (!r->truncated || left <= 0 || r->next_cursor <= spec->cursor)
            return true;
        if (r->output.len)
            spec->in_line = r->output.data[r->output.len - 1] != '\n';
        spec->cursor = r->next_cursor;
        spec->max_chars = left < PIECE_CHARS ? left : PIECE_CHARS;
        left -= spec->max_chars;
        if (!shell_read(a->workspace, a->shell, spec, &next, err))
            return false;
        next.cursor = r->cursor;
        next.dropped_bytes += r->dropped_bytes;
        next.waited = r->waited;
        shell_reading_release(r);
        *r = next;
    }
    return false;
}

#define QUICK_CHARS (256 * 1024)

static bool shell_read_is_quick(const void *args)
{
    const struct shell_read_args *a = args;

    return !a->screen && !a->wait_for_prompt && !a->wait_for_input &&
           a->wait_for_idle_ms == ARG_UNSET && a->max_chars <= QUICK_CHARS;
}

static json_t *shell_read_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct shell_read_args *a = args;
    struct shell_read_spec spec = {
        .cursor = (uint64_t)a->cursor,
        .max_chars = a->max_chars,
        .rendering = a->screen  ? SHELL_SCREEN
                     : a->plain ? SHELL_PLAIN
                                : SHELL_RAW,
        .colors = a->colors,
        .times = a->times,
        .wait_for_idle_ms = a->wait_for_idle_ms == ARG_UNSET ? 0 : a->wait_for_idle_ms,
        .wait_for_prompt = a->wait_for_prompt,
        .wait_for_input = a->wait_for_input,
        .max_wait_ms = a->max_wait_ms == ARG_UNSET ? 0 : a->max_wait_ms,
        .progress = &io->progress,
    };
    /* Without colours a text has nothing of what was before a clear, which may come later. */
    bool in_pieces = a->colors && !io->json, ok = true;
    struct shell_reading r;
    json_t *result = NULL;

    if (a->plain && a->screen)
        return pyro_fail(err, PYRO_USAGE, "--plain and --screen exclude each other");
    if (a->raw && (a->plain || a->screen))
        return pyro_fail(err, PYRO_USAGE, "--raw excludes --plain and --screen");
    if ((a->colors || a->times) && !a->plain)
        return pyro_fail(err, PYRO_USAGE, "--%s goes with --plain", a->colors ? "colors" : "times");
    if (in_pieces && spec.max_chars > PIECE_CHARS)
        spec.max_chars = PIECE_CHARS;
    if (!shell_read(a->workspace, a->shell, &spec, &r, err))
        return NULL;
    if (in_pieces)
        ok = write_in_pieces(a, &spec, io, &r, err);
    else if (!io->json)
        ok = a->screen ? write_screen(io, &r.screen, err) : write_output(a, io, &r.output, err);
    if (ok)
        result = shell_reading_to_view(&r, &spec);
    shell_reading_release(&r);
    return result;
}

const struct cmd_spec cmd_shell_read = {
    .path = "workspace shell read",
    .summary = "Read a shell's output from a cursor on",
    .details =
        "A read consumes nothing: the same cursor gives the same answer, while the shell runs and "
        "after it has ended. Without --plain the bytes come as they are, escape sequences "
        "included; a terminal is shown control characters instead, unless --raw is given.",
    .example = "pyro workspace shell read demo sh1 --plain --wait-for-idle-ms 300",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .tool = TOOL("shell_read", "Read a shell",
                 "Output from a cursor on: pass the next_cursor of the last read. plain and "
                 "wait_for_idle_ms=300 give clean text once it is quiet. It consumes nothing.",
                 TOOL_CORE,
                 "workspace_id shell_id state exit_code cursor next_cursor truncated dropped_bytes "
                 "alt_screen at_prompt asks output screen"),
    .args = shell_read_rows,
    .args_size = sizeof(struct shell_read_args),
    .result = shell_read_result,
    .told = "workspace-shell-read workspace_id shell_id state cursor next_cursor truncated plain "
            "wait_for_idle_ms at_prompt asks alt_screen? dropped_bytes? execution_mode",
    .tells = CMD_TELLS_ON_ERROR,
    .run = shell_read_run,
    .is_quick = shell_read_is_quick,
};
