/*
 * The history of a workspace: commands/NNNNNN.json, one file an exec, written when it starts and
 * again when it ends. A file that still says "running" when no supervisor runs it was cut short,
 * and is ended with an honest error.
 */
#ifndef PYRO_COMMANDS_H
#define PYRO_COMMANDS_H

#include "vmm/base/json.h"

#define COMMAND_OUTPUT_MAX (1024 * 1024) /* bytes of each output that are kept */

/* The head of an output, and how much there was. */
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
};
/* Writes the entry as running. */
bool command_begin(int dirfd, const struct command_entry *e, struct pyro_error *err) MUST_CHECK;
/* Replaces it by its end. `error` NULL: it ended by itself. */
bool command_end(int dirfd, const struct command_entry *e, const struct capture *out,
                 const struct capture *errors, int exit_code, bool timed_out, int64_t duration_ms,
                 const char *error, struct pyro_error *err) MUST_CHECK;
/* Ends entries that were left running; returns the highest sequence there is (0: none). */
int64_t commands_settle(int dirfd, const char *reason);
/* All entries by sequence, new; unreadable ones are left out. */
json_t *commands_list(int dirfd, struct pyro_error *err) MUST_CHECK;

#endif
