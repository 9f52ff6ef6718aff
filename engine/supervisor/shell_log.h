/* The writing side of a shell's files: the log with its events, its states and its times. */
#ifndef PYRO_SHELL_LOG_H
#define PYRO_SHELL_LOG_H

#include "engine/state/shell_files.h"
#include "engine/state/shell_state.h"
#include "engine/supervisor/guest_log.h"
#include "engine/term/track.h"

struct shell_log {
    struct guest_log file;
    int workspace_fd; /* borrowed */
    struct line_file times;
    struct shell_record *record; /* borrowed; `first` is kept here too */
    struct track track;
    /* Called with what the program asks its terminal, and the guest's offset after it. */
    void (*asked)(void *arg, const struct track_event *e, uint64_t guest_offset);
    void *asked_arg;
    /* Called with what it wants someone to notice (engine/term/notice.h). */
    void (*noticed)(void *arg, const char *text);
    void *noticed_arg;
    int64_t mark_ms; /* of the last mark in time */

    int states_fd;
    /* The next state's members beside `track`: the size in force, and how far into events and times
     * it reaches; its offset is that of the last one. */
    struct shell_state state;
    struct {
        uint64_t offset;
        int cols, rows;
    } ahead; /* a size noted for an offset the log has not reached; cols 0: none */
};

/* Creates the files, or opens existing ones and finds out the state at the log's end. `secrets`:
 * there are some to be taken out. The record's size is noted if it is not known yet. Must not move
 * afterwards. */
bool shell_log_open(struct shell_log *log, int workspace_fd, struct shell_record *record,
                    bool secrets, struct pyro_error *err) MUST_CHECK;
void shell_log_close(struct shell_log *log);
/* Notes the record's size as in force from this offset of the log on. */
void shell_log_resize(struct shell_log *log, uint64_t offset);
/* Notes that the alternate screen began or ended at the log's end without a sequence. */
void shell_log_alternate(struct shell_log *log, bool on);

#endif
