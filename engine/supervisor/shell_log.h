/* The writing side of a shell's files: the log with its notes, and its marks in time. */
#ifndef PYRO_SHELL_LOG_H
#define PYRO_SHELL_LOG_H

#include "engine/shell/shell_files.h"
#include "engine/supervisor/guest_log.h"
#include "engine/term/track.h"

struct shell_log {
    struct guest_log file;
    int workspace_fd; /* borrowed */
    int times_fd;
    struct shell_record *record; /* borrowed; `first` is kept here too */
    struct track track;
    int64_t mark_ms; /* of the last mark in time */
    int64_t times_size;
};

/* Creates the files, or opens those there are and finds out what the log's end is in. `secrets`:
 * there are some to be taken out. Must not move afterwards. */
bool shell_log_open(struct shell_log *log, int workspace_fd, struct shell_record *record,
                    bool secrets, struct pyro_error *err) MUST_CHECK;
void shell_log_close(struct shell_log *log);

#endif
