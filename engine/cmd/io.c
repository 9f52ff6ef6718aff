/* engine/cmd/io.c: streams, summary lines and the progress line. */
#include "engine/cmd/io.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/cmd/text.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"

#define PROGRESS_EVERY_MS 100

static void show_phase(void *arg, const char *phase, const char *environment)
{
    struct cmd_io *io = arg;

    cmd_io_summary(io, io->progress_name,
                   (const struct summary_item[]){
                       { "phase", phase }, { "environment", environment }, { NULL, NULL } });
}

static unsigned terminal_columns(int fd)
{
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) || size.ws_col < 20 ? 80 : size.ws_col;
}

static void show_update(void *arg, const char *what, double fraction)
{
    struct cmd_io *io = arg;
    int64_t now = clock_ms();
    scoped_buf line = BUF_INIT(4096), text = BUF_INIT(1024);
    unsigned columns;

    if (!isatty(io->err_fd) || (io->progress_drawn && now - io->progress_at < PROGRESS_EVERY_MS))
        return;
    if (!text_escape(&text, what) ||
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
    io->progress_name = "pull";
    io->progress = (struct progress){ .phase = show_phase, .update = show_update, .arg = io };
    io->same_place = !fstat(io->out_fd, &out) && !fstat(io->err_fd, &err) &&
                     out.st_dev == err.st_dev && out.st_ino == err.st_ino;
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

bool cmd_io_write(struct cmd_io *io, bool to_err, const void *bytes, size_t n,
                  struct pyro_error *err)
{
    cmd_io_clear_progress(io);
    if (!fs_write_all(to_err ? io->err_fd : io->out_fd, bytes, n, err)) {
        io->quiet_exit = err && err->sys_errno == EPIPE;
        return pyro_wrap(err, "standard %s", to_err ? "error" : "output");
    }
    cmd_io_note(io, to_err, bytes, n);
    return true;
}

bool cmd_io_write_shown(struct cmd_io *io, bool to_err, const void *bytes, size_t n,
                        struct pyro_error *err)
{
    scoped_buf shown = BUF_INIT(SIZE_MAX / 2);

    if (!isatty(to_err ? io->err_fd : io->out_fd))
        return cmd_io_write(io, to_err, bytes, n, err);
    if (!text_escape_lines(&shown, bytes, n))
        return pyro_fail(err, PYRO_NO_MEMORY, "out of memory");
    return cmd_io_write(io, to_err, shown.len ? shown.data : "", shown.len, err);
}

void cmd_io_summary(struct cmd_io *io, const char *name, const struct summary_item *items)
{
    scoped_buf line = BUF_INIT(64 * 1024);

    if (io->json)
        return;
    cmd_io_clear_progress(io);
    if (!buf_printf(&line, "%s[%s]", io->err_open_line ? "\n" : "", name))
        return;
    for (; items->key; items++)
        if (items->value &&
            (!buf_printf(&line, " %s=", items->key) || !text_quote(&line, items->value)))
            return;
    if (!buf_append(&line, "\n", 1))
        return;
    io->err_open_line = false;
    (void)!write(io->err_fd, line.data, line.len);
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
