/*
 * A live model of all workspaces for one consumer in a loop: the data of `workspace list` and
 * `workspace shell list`, kept current by inotify(7) on the state directory, without polling; what
 * any other pyro creates, changes or deletes is reported within some 20 ms.
 *
 * The model belongs to the watch and is valid until removed() returns. Callbacks run from the loop
 * (and, for what exists already, from workspace_watch_new); they must not free the watch.
 *
 * A started workspace whose supervisor was killed is recovered by a child process, as the next
 * command would do.
 */
#ifndef PYRO_WORKSPACE_WATCH_H
#define PYRO_WORKSPACE_WATCH_H

#include "engine/state/record.h"
#include "engine/workspace/watch_shells.h"
#include "vmm/base/loop.h"

struct workspace_watch;

/* Changes of a workspace, a mask. */
enum watch_change {
    WATCH_RECORD = 1 << 0,  /* record */
    WATCH_SHELLS = 1 << 1,  /* a shell was opened, ended, changed size, or runs something else */
    WATCH_OUTPUT = 1 << 2,  /* the log of a shell has grown */
    WATCH_COMMANDS = 1 << 3 /* a command began or ended: workspace_watch_commands() has it */
};

struct watched_workspace {
    struct workspace_record record;
    char *path;                   /* of its directory, absolute; shells/ID.log is below it */
    struct watched_shell *shells; /* by number, ended ones too */
    size_t shell_count;
    const char *change;      /* what is being done to it as a whole: "starting"; NULL: nothing */
    void *data;              /* the consumer's own */
    struct watch_node *node; /* the watch's own */
};

struct workspace_watch_ops {
    void (*added)(void *arg, struct watched_workspace *w);
    void (*changed)(void *arg, struct watched_workspace *w, unsigned change);
    /* It was deleted. */
    void (*removed)(void *arg, struct watched_workspace *w);
    /* Something cannot be watched, or no longer: what, why, and what to do. May be called more than
     * once. */
    void (*trouble)(void *arg, const struct pyro_error *why);
    /* Of many workspaces, those that do not run are added with what a list shows of each, so that they
     * are there at once, and changed when the rest of them is read. */
    bool in_brief;
    /* The program that recovers orphaned workspaces, "/proc/self/exe" in pyro; NULL: none. */
    const char *recovery_program;
};

/*
 * Reads all workspaces, calling added() for each, and watches them. NULL when the state directory
 * cannot be watched at all. Blocks for reading small files only.
 */
struct workspace_watch *workspace_watch_new(struct loop *loop,
                                            const struct workspace_watch_ops *ops, void *arg,
                                            struct pyro_error *err) MUST_CHECK;
/* removed() is not called. */
void workspace_watch_free(struct workspace_watch *watch);

size_t workspace_watch_count(const struct workspace_watch *watch);
/* The workspace with this id; NULL when there is none. */
struct watched_workspace *workspace_watch_find(const struct workspace_watch *watch, const char *id);
/* Its shell with this id; NULL when there is none. Valid until the next change. */
struct watched_shell *watched_shell_find(const struct watched_workspace *w, const char *shell_id);

/*
 * Its last commands, newest first, at most `max`, as an array of {sequence, command […], cwd,
 * recorded_at, running, exit_code or null, duration_ms or null, timed_out?}: without their outputs.
 * New; reads `max` heads of files.
 */
json_t *workspace_watch_commands(const struct watched_workspace *w, size_t max);

/*
 * The last non-blank line that the shell has printed, as plain text without control characters, at
 * most `size - 1` bytes of whole characters into ret; "" when there is none. Reads and renders the
 * last few KiB of the log.
 */
void watched_shell_last_line(const struct watched_workspace *w, const struct watched_shell *shell,
                             char *ret, size_t size);

#endif
