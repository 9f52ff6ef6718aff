/* engine/cmd/io.c: streams, summary lines and the progress line. */
#include "engine/cmd/io.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cmd/text.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"

#define PROGRESS_EVERY_MS 100

static void cmd_io_show_phase(void *arg, const char *phase, const char *environment)
{
    struct cmd_io *io = arg;

    cmd_io_phase(io, io->progress_name, phase, environment, NULL);
}

static void io_show_note(void *arg, const char *text)
{
    cmd_io_warn(arg, "%s", text);
}

static unsigned terminal_columns(int fd)
{
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) || size.ws_col < 20 ? 80 : size.ws_col;
}

static void io_show_update(void *arg, const char *what, const struct progress_count *count)
{
    struct cmd_io *io = arg;
    int64_t now = clock_ms();
    double fraction = progress_fraction(count);
    scoped_buf line = BUF_INIT(4096), text = BUF_INIT(1024);
    scoped_free char *shown = redaction_text(&io->redaction, what);
    unsigned columns;

    progress_fd_tell(&io->told, shown, count);
    if (!isatty(io->err_fd) || (io->progress_drawn && now - io->progress_at < PROGRESS_EVERY_MS))
        return;
    if (!text_escape(&text, shown) ||
        (fraction >= 0 && !buf_printf(&text, " %3.0f %%", fraction * 100)))
        return;
    columns = terminal_columns(io->err_fd) - 1;
    if (!buf_printf(&line, "\r\033[K%.*s", (int)columns, text.data))
        return;
    io->progress_drawn = true;
    io->progress_at = now;
    (void)!write(io->err_fd, line.data, line.len);
}

void cmd_io_init(struct cmd_io *io, bool json)
{
    struct stat out, err;

    memset(io, 0, sizeof(*io));
    io->in_fd = STDIN_FILENO;
    io->out_fd = STDOUT_FILENO;
    io->err_fd = STDERR_FILENO;
    io->json = json;
    io->passes = !json;
    io->progress_name = "pull";
    io->told.fd = -1;
    io->progress = (struct progress){
        .phase = cmd_io_show_phase, .update = io_show_update, .note = io_show_note, .arg = io
    };
    io->same_place = !fstat(io->out_fd, &out) && !fstat(io->err_fd, &err) &&
                     out.st_dev == err.st_dev && out.st_ino == err.st_ino;
}

static void start_streams(struct cmd_io *io)
{
    for (int i = 0; i < 2; i++) {
        redact_stream_release(&io->streams[i]);
        redact_stream_init(&io->streams[i], io->redaction.redactor);
    }
}

bool cmd_io_redact(struct cmd_io *io, const struct cmd_spec *cmd, const void *args,
                   struct pyro_error *err)
{
    bool ok = redaction_open(&io->redaction, cmd, args, err);

    start_streams(io);
    return ok;
}

bool cmd_io_redact_new(struct cmd_io *io, const struct secrets *secrets, struct pyro_error *err)
{
    bool ok = redaction_of_new(&io->redaction, secrets, err);

    start_streams(io);
    return ok;
}

bool cmd_io_redact_fork(struct cmd_io *io, const char *workspace, const struct secrets *given,
                        struct pyro_error *err)
{
    bool ok = redaction_of_fork(&io->redaction, workspace, given, err);

    start_streams(io);
    return ok;
}

void cmd_io_release(struct cmd_io *io)
{
    for (int i = 0; i < 2; i++)
        redact_stream_release(&io->streams[i]);
    redaction_release(&io->redaction);
}

void cmd_io_clear_progress(struct cmd_io *io)
{
    if (!io->progress_drawn)
        return;
    io->progress_drawn = false;
    (void)!write(io->err_fd, "\r\033[K", 4);
}

void cmd_io_note(struct cmd_io *io, bool to_err, const void *bytes, size_t n)
{
    bool open_line;

    if (!n)
        return;
    open_line = ((const char *)bytes)[n - 1] != '\n';
    if (to_err || io->same_place)
        io->err_open_line = open_line;
    if (!to_err)
        io->out_open_line = open_line;
}

static bool put_through(struct cmd_io *io, bool to_err, const void *bytes, size_t n,
                        struct pyro_error *err)
{
    if (!n)
        return true;
    if (!fs_write_all(to_err ? io->err_fd : io->out_fd, bytes, n, err)) {
        io->quiet_exit = err && err->sys_errno == EPIPE;
        return pyro_wrap(err, io->into_file && !to_err ? "the output file" : "standard %s",
                         to_err ? "error" : "output");
    }
    if (to_err || !io->into_file)
        cmd_io_note(io, to_err, bytes, n);
    return true;
}

void cmd_io_into(struct cmd_io *io, int fd)
{
    if (fd >= 0)
        io->kept_out_fd = io->out_fd;
    io->out_fd = fd >= 0 ? fd : io->kept_out_fd;
    io->into_file = fd >= 0;
}

bool cmd_io_write(struct cmd_io *io, bool to_err, const void *bytes, size_t n,
                  struct pyro_error *err)
{
    scoped_buf shown = BUF_INIT(SIZE_MAX / 2);

    cmd_io_clear_progress(io);
    if (io->redaction.redactor) {
        if (!redact_stream_push(&io->streams[to_err], bytes, n, false, &shown))
            return pyro_no_memory(err, NULL);
        bytes = shown.data;
        n = shown.len;
    }
    return put_through(io, to_err, bytes, n, err);
}

int cmd_io_output(const struct cmd_io *io)
{
    return io->out_fd;
}

bool cmd_io_flush(struct cmd_io *io, bool cut, struct pyro_error *err)
{
    for (int i = 0; i < 2 && io->redaction.redactor; i++) {
        scoped_buf rest = BUF_INIT(SIZE_MAX / 2);

        if (!(cut ? redact_stream_cut(&io->streams[i], &rest)
                  : redact_stream_push(&io->streams[i], "", 0, true, &rest)))
            return pyro_no_memory(err, NULL);
        if (!put_through(io, i, rest.data, rest.len, err))
            return false;
    }
    return true;
}

bool cmd_io_pause(struct cmd_io *io, struct pyro_error *err)
{
    for (int i = 0; i < 2 && io->redaction.redactor; i++) {
        scoped_buf rest = BUF_INIT(64);

        if (redact_stream_holds(&io->streams[i]) && (!redact_stream_pause(&io->streams[i], &rest) ||
                                                     !put_through(io, i, rest.data, rest.len, err)))
            return false;
    }
    return true;
}

bool cmd_io_write_shown(struct cmd_io *io, bool to_err, const void *bytes, size_t n,
                        struct pyro_error *err)
{
    scoped_buf shown = BUF_INIT(SIZE_MAX / 2);

    if (!isatty(to_err ? io->err_fd : io->out_fd))
        return cmd_io_write(io, to_err, bytes, n, err);
    if (!text_escape_lines(&shown, bytes, n))
        return pyro_no_memory(err, NULL);
    return cmd_io_write(io, to_err, shown.len ? shown.data : "", shown.len, err);
}

void cmd_io_summary(struct cmd_io *io, const char *name, const struct summary_item *items)
{
    scoped_buf line = BUF_INIT(64 * 1024);

    if (io->json || !cmd_io_flush(io, false, NULL))
        return;
    cmd_io_clear_progress(io);
    if (!buf_printf(&line, "%s[%s]", io->err_open_line ? "\n" : "", name))
        return;
    for (; items->key; items++) {
        bool own = !strcmp(items->key, "workspace_id") || !strcmp(items->key, "vm_id");
        scoped_free char *shown = own ? NULL : redaction_text(&io->redaction, items->value);

        if (items->value && (!buf_printf(&line, " %s=", items->key) ||
                             !text_quote(&line, shown ? shown : items->value)))
            return;
    }
    if (!buf_append(&line, "\n", 1))
        return;
    io->err_open_line = false;
    (void)!write(io->err_fd, line.data, line.len);
}

void cmd_io_phase(struct cmd_io *io, const char *name, const char *phase, const char *environment,
                  const char *vm_id)
{
    scoped_free char *message = str_printf("%s: %s%s%s", name, phase, environment ? " " : "",
                                           environment ? environment : "");
    scoped_free char *shown = redaction_text(&io->redaction, message);

    progress_fd_phase(&io->told, phase, shown);
    cmd_io_summary(io, name,
                   (const struct summary_item[]){ { "phase", phase },
                                                  { "environment", environment },
                                                  { "vm_id", vm_id },
                                                  { NULL, NULL } });
}

void cmd_io_warn(struct cmd_io *io, const char *fmt, ...)
{
    scoped_buf line = BUF_INIT(64 * 1024);
    scoped_free char *text = NULL, *shown = NULL;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0 || !cmd_io_flush(io, false, NULL))
        return;
    cmd_io_clear_progress(io);
    shown = redaction_text(&io->redaction, text);
    if (io->note) {
        io->note(io->note_arg, shown);
        return;
    }
    if (!buf_printf(&line, "%spyro: ", io->err_open_line ? "\n" : "") ||
        !text_escape(&line, shown) || !buf_append(&line, "\n", 1))
        return;
    io->err_open_line = false;
    (void)!write(io->err_fd, line.data, line.len);
}

void cmd_io_entry(struct cmd_io *io, const struct row_spec *rows, const json_t *entry)
{
    scoped_json json_t *shown = json_deep_copy(entry);

    BUG_ON(!shown);
    redaction_result(&io->redaction, rows, shown);
    io->entry(io->note_arg, shown);
}

const char *number_text(struct number_text *space, int64_t n)
{
    snprintf(space->text, sizeof(space->text), "%" PRId64, n);
    return space->text;
}

void cmd_print_id(const json_t *result, FILE *out)
{
    const char *id = json_string_or(result, "shell_id", NULL);

    text_print(out, id ? id : json_string_or(result, "workspace_id", ""));
    fputc('\n', out);
}
