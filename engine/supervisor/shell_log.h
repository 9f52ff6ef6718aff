/*
 * The writing side of a shell's files: the log, its notes, its marks in time, the cap.
 *
 * Offsets in the log are the guest's offsets. What add() took is in the file; a crash may lose what
 * was not yet given to the file, which the guest still has and sends again from the file's size on.
 */
#ifndef PYRO_SHELL_LOG_H
#define PYRO_SHELL_LOG_H

#include "engine/shell/shell_files.h"
#include "engine/term/track.h"

struct shell_log {
    int workspace_fd; /* borrowed */
    int fd, events_fd, times_fd;
    struct shell_record *record; /* borrowed; `first` is kept here */
    uint64_t size;
    struct track track;
    int64_t mark_ms; /* of the last mark in time */
    int64_t times_size;
    bool unsynced;
};

/* Creates the files, or opens those there are and finds out what the log's end is in. Must not move
 * afterwards. */
bool shell_log_open(struct shell_log *log, int workspace_fd, struct shell_record *record,
                    struct pyro_error *err) MUST_CHECK;
void shell_log_close(struct shell_log *log);
/* Appends; false (PYRO_NO_SPACE, …) when not all of it could be written: *ret_written says how much
 * was. */
bool shell_log_add(struct shell_log *log, const void *bytes, size_t n, size_t *ret_written,
                   struct pyro_error *err) MUST_CHECK;
/* One line of the events file. `members` (an object, or NULL) is stolen. Best effort. */
void shell_log_event(struct shell_log *log, const char *type, uint64_t offset, json_t *members);
/* fdatasync(2) of what was written since the last one. */
void shell_log_sync(struct shell_log *log);

#endif
