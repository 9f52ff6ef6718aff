/*
 * What a detached command printed: commands/NNNNNN.log has both outputs in the order they came, and
 * commands/NNNNNN.runs says which bytes are whose. One writer, the supervisor; any number of
 * readers, which need nobody: a cursor is a place in the log.
 *
 * The runs are numbers of 8 bytes, each the place where an output begins to print, doubled, plus 1
 * for standard error. The number is written before the bytes are. Beyond COMMAND_LOG_MAX the head
 * of the log is punched out in steps; a reader sees by the hole where the rest begins. The runs are
 * bounded in the same way, and count in what the log takes.
 */
#ifndef PYRO_COMMAND_LOG_H
#define PYRO_COMMAND_LOG_H

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

#define COMMAND_LOG_MAX (16ll * 1024 * 1024) /* bytes kept, the last */

struct command_log {
    int fd, runs_fd;      /* -1: there is none */
    uint64_t size, first; /* of the log; the oldest byte kept */
    uint64_t runs, first_run;
    int whose; /* 0: standard output, 1: error; -1: nothing was printed */
    int64_t max;
};
#define COMMAND_LOG_INIT { .fd = -1, .runs_fd = -1, .whose = -1, .max = COMMAND_LOG_MAX }

/* Makes the files of a command that begins. */
bool command_log_make(struct command_log *log, int dirfd, int64_t sequence,
                      struct pyro_error *err) MUST_CHECK;
void command_log_close(struct command_log *log);
/* Appends; returns how many bytes are written: fewer when there is no room. */
size_t command_log_add(struct command_log *log, bool is_error, const void *bytes, size_t n);
/* Disk space that it takes now. */
int64_t command_log_kept(const struct command_log *log);

/* The same by name, and how much was ever printed; 0 when there is no log. */
int64_t command_log_stored(int dirfd, int64_t sequence);
int64_t command_log_size(int dirfd, int64_t sequence);
void command_log_remove(int dirfd, int64_t sequence);

/* A part of a log. */
struct command_part {
    uint64_t size;  /* of the whole log */
    uint64_t start; /* of the part; more than the cursor when what was there is gone */
    struct buf text;
    struct buf runs; /* of struct command_run, by their places; at least one if there is text */
};
struct command_run {
    uint64_t at; /* the place in the log */
    bool is_error;
};
void command_part_release(struct command_part *part);
/*
 * Reads at most n bytes from the cursor on; nothing, and size less than the cursor, when it is past
 * the end. *ret_exists false: the command has no log.
 */
bool command_log_read(int dirfd, int64_t sequence, uint64_t cursor, size_t n,
                      struct command_part *ret, bool *ret_exists,
                      struct pyro_error *err) MUST_CHECK;
/* Calls fn with each stretch of one output in bytes [0, n) of the part, in order. */
typedef bool command_stretch_fn(void *arg, bool is_error, const char *bytes, size_t n,
                                struct pyro_error *err);
bool command_part_each(const struct command_part *part, size_t n, command_stretch_fn *fn, void *arg,
                       struct pyro_error *err) MUST_CHECK;

#endif
