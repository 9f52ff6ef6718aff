/*
 * A running command's access to the outside: the three streams, the summary lines and progress on
 * standard error, and, for commands that pass a guest command's status on, the exit status.
 */
#ifndef PYRO_CMD_IO_H
#define PYRO_CMD_IO_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <jansson.h>

#include "engine/cmd/progress_fd.h"
#include "engine/cmd/redaction.h"
#include "engine/helper/progress.h"
#include "vmm/base/error.h"

struct cmd_io {
    int in_fd, out_fd, err_fd;
    bool json;                /* nothing may be written to out_fd; summary lines are not shown */
    bool passes;              /* a guest's output goes to out_fd and err_fd as it comes */
    int exit_status;          /* of a CMD_GUEST_STATUS command that succeeded; 0 otherwise */
    bool told_lines;          /* it was told line by line: no result is printed */
    bool brief;               /* the result has only what the command's print function shows */
    bool quiet_exit;          /* standard output's reader went away: end without a word */
    struct progress progress; /* to hand to whatever takes long */
    /* Instead of the command's own print function; NULL: that one. */
    void (*print)(const json_t *result, FILE *out);
    /* Takes warnings instead of standard error; NULL: there they go. */
    void (*note)(void *arg, const char *text);
    /* Takes what a list that goes on gets, for a program; NULL: nobody listens. */
    void (*entry)(void *arg, const json_t *entry);
    void *note_arg; /* of both */

    struct redaction redaction; /* of all that is written here */
    struct progress_fd told;    /* progress for the program that started this one */

    /* Private. */
    struct redact_stream streams[2]; /* standard output, and error */
    const char *progress_name;       /* the [name] of phase lines */
    int kept_out_fd;                 /* while into_file */
    bool into_file;
    bool out_open_line, err_open_line;
    bool same_place;     /* standard output and error are one terminal, pipe or file */
    bool progress_drawn; /* a progress line is on the terminal */
    int64_t progress_at; /* clock_ms() of the last drawing */
};

void cmd_io_init(struct cmd_io *io, bool json);
/* From here on, all that is written is free of the workspace's secrets; see redaction_open(). */
bool cmd_io_redact(struct cmd_io *io, const struct cmd_spec *cmd, const void *args,
                   struct pyro_error *err) MUST_CHECK;
bool cmd_io_redact_new(struct cmd_io *io, const struct secrets *secrets,
                       struct pyro_error *err) MUST_CHECK;
bool cmd_io_redact_fork(struct cmd_io *io, const char *workspace, const struct secrets *given,
                        struct pyro_error *err) MUST_CHECK;
void cmd_io_release(struct cmd_io *io);

/*
 * Writes guest output through to standard output (to_err: standard error). False when that fails;
 * a reader that went away sets quiet_exit.
 */
bool cmd_io_write(struct cmd_io *io, bool to_err, const void *bytes, size_t n,
                  struct pyro_error *err) MUST_CHECK;
/*
 * The same for what no terminal may be driven by: a pipe or file gets the bytes, a terminal gets
 * them with control characters made visible.
 */
bool cmd_io_write_shown(struct cmd_io *io, bool to_err, const void *bytes, size_t n,
                        struct pyro_error *err) MUST_CHECK;
/*
 * All that was written is shown: an end that could begin a secret is held back until then. `cut`:
 * what was written goes on where it was taken from, so such an end may be a part of one. The
 * command layer does it at the end, and before each summary.
 */
bool cmd_io_flush(struct cmd_io *io, bool cut, struct pyro_error *err) MUST_CHECK;
/* Until -1, what goes to standard output goes into this file instead. Flush before each change. */
void cmd_io_into(struct cmd_io *io, int fd);
/* For output that was redacted before (a log that is followed): shows a few bytes that could begin
 * a secret now. */
bool cmd_io_pause(struct cmd_io *io, struct pyro_error *err) MUST_CHECK;
/* Standard output, for a loop that waits until it takes more; never to be written to. */
int cmd_io_output(const struct cmd_io *io);
/* "pyro: …", a line of its own on standard error: something that is not a failure. Also with
 * --json.
 */
void cmd_io_warn(struct cmd_io *io, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Gives io->entry an object of these rows, secrets taken out. */
void cmd_io_entry(struct cmd_io *io, const struct row_spec *rows, const json_t *entry);
/* For code that writes to the descriptors directly: tells what the last bytes of a stream were. */
void cmd_io_note(struct cmd_io *io, bool to_err, const void *bytes, size_t n);

/* One member of a summary line; a NULL value leaves it out. */
struct summary_item {
    const char *key, *value;
};
/*
 * "[name] key=value key=value …" on standard error, a line of its own, values quoted as a shell
 * would read them. The items end with a NULL key. Nothing with --json.
 */
void cmd_io_summary(struct cmd_io *io, const char *name, const struct summary_item *items);
/* A step of what the command `name` does: such a line with phase, environment and vm_id (NULL: left
 * out), and a line for a program that listens. */
void cmd_io_phase(struct cmd_io *io, const char *name, const char *phase, const char *environment,
                  const char *vm_id);
/* Takes a progress line off the terminal, before anything else is written there. */
void cmd_io_clear_progress(struct cmd_io *io);

/* An io.print for --id-only: the member shell_id, or else workspace_id, alone on a line. */
void cmd_print_id(const json_t *result, FILE *out);

/* Decimal text of a number, for a summary_item, in the caller's space. */
struct number_text {
    char text[32];
};
const char *number_text(struct number_text *space, int64_t n);

#endif
