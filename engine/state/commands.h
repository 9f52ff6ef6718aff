/*
 * The history of a workspace: commands/NNNNNN.json, one file per exec, written when it starts and
 * again when it ends. A file that still says "running" when no supervisor runs it was cut short,
 * and is ended with an error that says so. NNNNNN.running marks it until then, so that it is found
 * among any number of others. A detached command has a log beside it (command_log.h).
 *
 * All entries and logs together have a budget on the host's disk, COMMANDS_BYTES_MAX: when a new one is
 * written the oldest that have ended are removed.
 */
#ifndef PYRO_COMMANDS_H
#define PYRO_COMMANDS_H

#include "engine/state/command_log.h"
#include "vmm/base/rows.h"

#define COMMAND_OUTPUT_MAX (1024 * 1024) /* bytes of each output that are kept */
#define COMMANDS_RUNNING_MAX 64 /* of the newest entries, those that can still be running */
#define COMMANDS_BYTES_MAX (256ll * 1024 * 1024)

/* The head of an output, and its whole length. */
struct capture {
    struct buf head;
    uint64_t total_bytes;
};
void capture_init(struct capture *c);
void capture_release(struct capture *c);
void capture_add(struct capture *c, const void *bytes, size_t n);
/* Adds NAME, NAME_bytes and NAME_truncated to an object. */
void capture_to_json(const struct capture *c, const char *name, json_t *into);

struct command_entry {
    int64_t sequence;
    json_t *command; /* array of strings, borrowed */
    const char *cwd;
    bool host_compat;
    double recorded_at;
    int64_t timeout_seconds; /* 0: none */
};
/* How it ended. */
struct command_outcome {
    const struct capture *outputs[2]; /* stdout and stderr; NULL: there was none */
    int exit_code;
    bool timed_out;
    int64_t duration_ms;
    const char *error; /* NULL: it ended by itself */
};

/* For the writer: there is one, the supervisor. */
struct command_history {
    int dirfd;          /* borrowed */
    int64_t oldest;     /* no entry that has ended is older; 0: there is none */
    int64_t newest;     /* the last that began */
    int64_t bytes, max; /* disk space that they take, and may take */
    json_t *unwritten;  /* array: ends that opening could not write, for the caller; or NULL */
};

/* Reads the existing entries, ending those left running; returns the highest sequence (0: none). */
int64_t command_history_open(struct command_history *h, int dirfd, const char *reason);
/* Writes the entry as running. */
bool command_begin(struct command_history *h, const struct command_entry *e,
                   struct pyro_error *err) MUST_CHECK;
/* Appends to the log of one that runs; returns how many bytes are written: fewer when there is no
 * room. */
size_t command_print(struct command_history *h, struct command_log *log, bool is_error,
                     const void *bytes, size_t n);
/* The entry that replaces it at its end, new. */
json_t *command_ended(const struct command_entry *e, const struct command_outcome *how);
/* Writes an entry at its `sequence`. */
bool command_write(struct command_history *h, const json_t *entry,
                   struct pyro_error *err) MUST_CHECK;

/* The existing sequences, ascending, new; *ret_count of them. NULL when it failed. */
int64_t *commands_sequences(int dirfd, size_t *ret_count, struct pyro_error *err) MUST_CHECK;
/* An entry that has ended, as it is kept and shown. */
extern const struct row_spec command_rows[];
/* One entry, new, sound: as command_rows say, or with `running`, without how it ended. NULL when it
 * is gone, or cannot be read. */
json_t *command_read(int dirfd, int64_t sequence);
/* Whether it has not ended. `recent`: it is one of the newest COMMANDS_RUNNING_MAX, which may have
 * been begun by a pyro that made no marks. */
bool command_is_running(int dirfd, int64_t sequence, bool recent);
/* Whether any has not ended, of those that marks tell of. */
bool commands_any_running(int dirfd);
/* When it was last written, epoch seconds; 0: it is gone. */
double command_written_at(int dirfd, int64_t sequence);

#endif
