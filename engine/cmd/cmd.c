/* engine/cmd/cmd.c: from argv to an exit status. */
#include "engine/cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "engine/cmd/argv.h"
#include "engine/cmd/call.h"
#include "engine/cmd/help.h"
#include "engine/cmd/io.h"
#include "engine/cmd/output.h"
#include "engine/cmd/schema.h"
#include "engine/cmd/status.h"
#include "engine/cmd/summary.h"
#include "engine/state/paths.h"
#include "vmm/base/json.h"

/*
 * Descriptors 0 to 2 that came closed would be given to the next file opened, which output would
 * then go into. A closed standard output becomes one that cannot be written, so that it is noticed.
 */
static void fill_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", fd == 0 ? O_RDONLY : fd == 1 ? O_RDONLY : O_WRONLY);
}

static int failure_status(const struct cmd_spec *cmd, struct pyro_error *err)
{
    return status_of_failure(err, cmd ? cmd->traits : 0);
}

static bool show_topic(const struct cmd_topic *topic, bool is_json)
{
    size_t n = (size_t)(topic->end - topic->text);
    scoped_json json_t *whole =
        json_pack("{s:s, s:s%}", "topic", topic->name, "text", topic->text, n);

    if (is_json)
        return output_json(whole, stdout);
    fwrite(topic->text, 1, n, stdout);
    return true;
}

static bool show_help(const struct cmd_line *line)
{
    if (line->topic)
        return show_topic(line->topic, line->json);
    if (line->version) {
        scoped_json json_t *version = json_pack("{s:s}", "version", PYRO_VERSION);

        if (line->json)
            return output_json(version, stdout);
        printf("pyro " PYRO_VERSION "\n");
        return true;
    }
    if (line->json) {
        scoped_json json_t *schema = line->cmd ? schema_command(line->cmd) : schema_table();

        return output_json(schema, stdout);
    }
    if (line->cmd)
        help_command(line->cmd, stdout);
    else
        help_group(line->group, stdout);
    return true;
}

static void show_result(const struct cmd_spec *cmd, struct cmd_io *io, const json_t *result)
{
    void (*print)(const json_t *, FILE *) = io->print ? io->print : cmd->print;

    if (print)
        print(result, stdout);
    else if (cmd->tells == CMD_TELLS_ON_OUTPUT)
        summary_answer(stdout, cmd, result);
    else if (cmd->tells == CMD_TELLS_ON_ERROR)
        summary_tell(io, cmd, result);
}

/* Runs the command and shows its result; *ret_status is its exit status when all went well. */
static bool run_command(struct cmd_line *line, struct cmd_io *io, int *ret_status,
                        struct pyro_error *err)
{
    /* It ends with the process: of a long list, freeing it would take a fifth of the time. Volatile:
     * compilers drop a variable that is only written to, and a leak checker would report the result. */
    static json_t *volatile result;

    result = cmd_call(line->cmd, line->args, io, err);
    if (!result)
        return false;
    *ret_status = io->exit_status;
    if (io->told_lines)
        return true;
    if (line->json) {
        if (!output_json(result, stdout))
            return pyro_no_memory(err, NULL);
    } else {
        show_result(line->cmd, io, result);
    }
    return true;
}

int cmd_main(int argc, const char *const *argv)
{
    struct cmd_line line;
    struct pyro_error err = { 0 };
    struct cmd_io io = { 0 };
    int status = 0;
    bool ok;

    fill_standard_descriptors();
    setvbuf(stderr, NULL, _IOLBF, BUFSIZ); /* a line, a write(2) */
    /* A reader that goes away shows as EPIPE. */
    signal(SIGPIPE, SIG_IGN);
    /* Its children are waited for, whatever it was started from does with its own. */
    signal(SIGCHLD, SIG_DFL);
    ok = cmd_line_parse(&line, argc, argv, &err);
    if (ok && (line.help || line.version)) {
        ok = show_help(&line);
    } else if (ok) {
        cmd_io_init(&io, line.json);
        ok = progress_fd_open(&io.told, &err) && paths_make_absolute(&err) &&
             run_command(&line, &io, &status, &err);
    }
    if (!ok) {
        status = failure_status(line.cmd, &err);
        /* The words of a line that was not understood are in the error, too. */
        cmd_hide_in_error(line.cmd, line.args, &io, &err);
        /* A reader that went away needs no telling. */
        if (!io.quiet_exit &&
            !(err.sys_errno == EPIPE && line.cmd && line.cmd->traits & CMD_STREAMING))
            output_error(&err, line.json, stdout);
    }
    if (!output_finish(stdout, &err)) {
        if (err.sys_errno != EPIPE)
            output_error(&err, false, stdout);
        status = failure_status(line.cmd, &err);
    }
    cmd_io_release(&io);
    cmd_line_release(&line);
    return status;
}
