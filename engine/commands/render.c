/* engine/commands/render.c: recorded terminal output as text, or as the screen it ends with. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "engine/cmd/io.h"
#include "engine/cmd/text.h"
#include "engine/commands/screen_rows.h"
#include "engine/commands/table.h"
#include "engine/term/stream.h"
#include "vmm/base/json.h"

/* Of the text that --json can hold; without it there is no limit. */
#define OUTPUT_MAX ((size_t)64 << 20)

struct render_args {
    const char *file;
    bool plain, screen;
    int64_t cols, rows;
};

static const struct arg_spec render_rows[] = {
    ARG_WORD(render_args, file, .metavar = "FILE", .optional = true, .complete = COMPLETE_FILE,
             .help = "The recording; standard input without it or for \"-\""),
    ARG_FLAG(render_args, plain, .help = "The text that scrolled past (this is the default)"),
    ARG_FLAG(render_args, screen, .help = "The screen at the end instead"),
    ARG_INT(render_args, cols, .min = 2, .max = 1000, .def = 120,
            .help = "Columns of the terminal"),
    ARG_INT(render_args, rows, .min = 1, .max = 1000, .def = 30, .help = "Rows of the terminal"),
    ARG_END,
};

static const struct row_spec render_result[] = {
    RES_INT("cols"),
    RES_INT("rows"),
    RES_BOOL("plain"),
    RES_STR("output", .nullable = true,
            .help = "The text; null when it was streamed or with --screen"),
    RES_OBJECT("screen", screen_rows, .nullable = true, .help = "With --screen"),
    RES_BOOL("alt_screen", .nullable = true, .help = "With --screen: it is the alternate screen"),
    ROW_END,
};

static json_t *render_screen(const struct render_args *a, int fd, struct pyro_error *err)
{
    struct screen s;
    json_t *result;

    if (!screen_after_stream(fd, (int)a->rows, (int)a->cols, &s, err))
        return NULL;
    result = json_pack("{s:I, s:I, s:b, s:n, s:o, s:b}", "cols", (json_int_t)a->cols, "rows",
                       (json_int_t)a->rows, "plain", 0, "output", "screen", screen_to_json(&s),
                       "alt_screen", s.alt_screen);
    screen_release(&s);
    return result;
}

static json_t *render_plain(const struct render_args *a, int fd, struct cmd_io *io,
                            struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(OUTPUT_MAX);
    json_t *output = NULL;

    if (io->json) {
        if (!plain_stream_text(fd, (int)a->rows, (int)a->cols, &text, err))
            return NULL;
        output = json_string_lossy(text.data ? text.data : "", text.len);
    } else if (!plain_stream_copy(fd, io->out_fd, (int)a->rows, (int)a->cols, err)) {
        io->quiet_exit = err->sys_errno == EPIPE;
        return NULL;
    }
    return json_pack("{s:I, s:I, s:b, s:o?, s:n, s:n}", "cols", (json_int_t)a->cols, "rows",
                     (json_int_t)a->rows, "plain", 1, "output", output, "screen", "alt_screen");
}

static json_t *render_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct render_args *a = args;
    scoped_close int file = -1;
    int fd = io->in_fd;

    if (a->plain && a->screen)
        return pyro_fail(err, PYRO_USAGE, "--plain and --screen exclude each other");
    if (a->file && strcmp(a->file, "-") != 0) {
        file = open(a->file, O_RDONLY | O_CLOEXEC);
        if (file < 0)
            return pyro_fail_errno(err, "open '%s'", a->file);
        fd = file;
    }
    return a->screen ? render_screen(a, fd, err) : render_plain(a, fd, io, err);
}

static void render_print(const json_t *result, FILE *out)
{
    const json_t *rows = json_object_get(json_object_get(result, "screen"), "rows");
    size_t count = json_array_size(rows);

    while (count && !json_string_length(json_array_get(rows, count - 1)))
        count--;
    for (size_t i = 0; i < count; i++) {
        text_print(out, json_string_value(json_array_get(rows, i)));
        fputc('\n', out);
    }
}

const struct cmd_spec cmd_render = {
    .path = "render",
    .summary = "Turn recorded terminal output into text",
    .details = "Reads a typescript or a CI log as a terminal would: overwritten progress bars, "
               "wrapped lines and "
               "cursor movement come out as what a person saw. It streams, whatever the size.",
    .example = "pyro render build.log | less",
    .traits = CMD_READ_ONLY | CMD_STREAMING,
    .args = render_rows,
    .args_size = sizeof(struct render_args),
    .result = render_result,
    .run = render_run,
    .print = render_print,
};
