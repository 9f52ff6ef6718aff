/*
 * What a running command may use of the outside: the three streams, the summary lines and progress
 * on standard error, and, for commands that pass a guest command's status on, the exit status.
 */
#ifndef PYRO_CMD_IO_H
#define PYRO_CMD_IO_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <jansson.h>

#include "engine/progress.h"
#include "vmm/base/error.h"

struct cmd_io {
    int in_fd, out_fd, err_fd;
    bool json;                /* nothing may be written to out_fd; summary lines are not shown */
    int exit_status;          /* of a CMD_GUEST_STATUS command that succeeded; 0 otherwise */
    bool quiet_exit;          /* standard output's reader went away: end without a word */
    struct progress progress; /* to hand to whatever takes long */
    /* Instead of the command's own print function; NULL: that one. */
    void (*print)(const json_t *result, FILE *out);

    /* Private. */
    const char *progress_name; /* the [name] of phase lines */
    bool out_open_line, err_open_line;
    bool same_place;     /* standard output and error are one terminal, pipe or file */
    bool progress_drawn; /* a progress line stands on the terminal */
    int64_t progress_at; /* clock_ms() of the last drawing */
};

void cmd_io_init(struct cmd_io *io, bool json);

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
/* For whoever writes to the descriptors directly: tells what the last bytes of a stream were. */
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
