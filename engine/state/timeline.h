/*
 * What happened in a workspace, in its directory timeline/: one line an entry, "NUMBER OBJECT\n", the
 * object as timeline_rows say, members that say nothing left out. Written by the process that holds
 * the workspace's lock, read by anyone. It outlives stops and resets.
 *
 * What the guest can cause by itself, without limit, has a file of its own, so that it pushes nothing
 * else out. A file that is full becomes NAME.old, in place of the one before it: at least half of the
 * room is always kept, TIMELINE_BYTES_MAX at most. Numbers count through both files; they order the
 * entries, and say where a reader goes on. A crash while a line was written costs that line.
 */
#ifndef PYRO_TIMELINE_H
#define PYRO_TIMELINE_H

#include "vmm/base/json.h"
#include "vmm/base/rows.h"

#define TIMELINE_DIR "timeline"
#define TIMELINE_BYTES_MAX (5ll * 1024 * 1024)
#define TIMELINE_TEXT_MAX 1000 /* bytes of one text; what is longer is cut */

enum timeline_event {
    TIMELINE_CREATED,
    TIMELINE_STARTED,
    TIMELINE_STOPPED,
    TIMELINE_FAILED,
    TIMELINE_EXEC_STARTED,
    TIMELINE_EXEC_ENDED,
    TIMELINE_SHELL_OPENED,
    TIMELINE_SHELL_ENDED,
    TIMELINE_INPUT,
    TIMELINE_FILES,
    TIMELINE_SERVICE,
    TIMELINE_ATTENTION,
    TIMELINE_NETWORK,
    TIMELINE_SNAPSHOT,
    TIMELINE_RESET,
    TIMELINE_FORKED,
    TIMELINE_COMMIT,
    TIMELINE_SUSPENDED,
    TIMELINE_RESUMED,
    TIMELINE_EVENTS /* how many there are: of what is none */
};

struct timeline_entry {
    enum timeline_event event;
    double time;    /* 0: now */
    const char *id; /* of the shell, service, snapshot, environment or other workspace, the number
                       of a command; NULL: none */
    const char *by; /* who typed it; NULL: not known */
    const char *state;
    const char *text;      /* NULL: nothing, or not kept */
    const json_t *command; /* instead of a text, an array of words; NULL: none */
    const json_t *secrets; /* an array of the names that it was given; NULL: none */
    /* Of those events that have one: see the table in timeline.c. */
    int64_t offset;    /* in the shell's log */
    int64_t exit_code; /* -1: none */
    int64_t duration_ms;
    bool hidden; /* what was typed is not kept */
};
#define TIMELINE_ENTRY(EVENT, ...)                                                                 \
    &(const struct timeline_entry)                                                                 \
    {                                                                                              \
        .event = (EVENT), __VA_ARGS__                                                              \
    }

/* Who types: NULL ends them. */
#define CALLER_CLI "cli"
#define CALLER_INTERFACE "interface"
#define CALLER_MCP "mcp"
#define CALLER_API "api"
extern const char *const timeline_callers[];
/* The one of that name; NULL: none is. `name` may be NULL. */
const char *timeline_caller(const char *name);

/* An entry's members as they are shown. */
extern const struct row_spec timeline_rows[];

/*
 * Appends an entry without secrets; the caller holds the workspace's lock. One that cannot be
 * written, for lack of room for example, is lost: nothing else fails for it.
 */
void timeline_add(int dirfd, const struct timeline_entry *e);
/* The number of the newest entry; 0: nothing was ever added. */
int64_t timeline_newest(int dirfd);
/*
 * The entries with a number above `after` that are from `since` (epoch seconds) or later, by number,
 * new; unsound lines are skipped. NULL when it could not be read.
 */
json_t *timeline_read(int dirfd, int64_t after, double since, struct pyro_error *err) MUST_CHECK;
/* Removes the beginnings of commands whose ends are in the list as well, and say all of it. */
void timeline_settle(json_t *entries);
/* Of an entry. */
int64_t timeline_number(const json_t *entry);
enum timeline_event timeline_event_of(const json_t *entry);
/* The entry with all members that are shown, null where it has none; new. */
json_t *timeline_view(const json_t *entry);

#endif
