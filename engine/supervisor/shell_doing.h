/*
 * What a shell does, as the guest reports it: kept in the shell's record, and the most urgent of
 * all shells in the workspace's. The guest may lie, and change its mind as often as it likes:
 * records are written ten times a second at most.
 */
#ifndef PYRO_SUPERVISOR_SHELL_DOING_H
#define PYRO_SUPERVISOR_SHELL_DOING_H

#include "engine/state/shell_files.h"
#include "engine/supervisor/supervisor.h"

/* Embedded in a shell. */
struct shell_doing {
    struct shell_doing *next; /* of the workspace's */
    struct supervisor *supervisor;
    struct shell_record *record; /* borrowed */
    bool unsaved;
};

/* Nothing is known of it yet. */
void shell_doing_init(struct shell_doing *d, struct supervisor *s, struct shell_record *record);
void shell_doing_release(struct shell_doing *d);
/* The word in a message of the guest; SHELL_RUNS when it is none of ours, or there is no message. */
enum shell_doing_state shell_doing_of(const json_t *message);
/* The guest's message about the foreground; ignored when it is not valid. */
void shell_doing_note(struct shell_doing *d, const json_t *message);
/* A client has taken control of it, or given it back. */
void shell_doing_controlled(struct shell_doing *d, bool more);
/* A program in it wants to be noticed; "": it rang the bell. Foreign. */
void shell_doing_notice(struct shell_doing *d, const char *text);
/* Somebody has noticed, or has typed something. */
void shell_doing_forget_notice(struct shell_doing *d);
/* The shell has ended; -1: it is not known how. */
void shell_doing_ended(struct shell_doing *d, int exit_code);
/* Nothing is known of it (any more). */
void shell_doing_forget(struct shell_record *r);
/* Makes the workspace's record true of the shells that there are. */
void shell_doing_update(struct supervisor *s);

#endif
