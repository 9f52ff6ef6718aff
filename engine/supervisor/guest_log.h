/*
 * The writing side of an append-only log of a guest's output: the file, its cap, and the events
 * file beside it.
 *
 * Everything that add() took is in the file; a crash may lose what was not yet given to it, which
 * the guest still has and sends again from guest_log_offset() on. Beyond LOG_BYTES_MAX the head is
 * punched out in steps, so that offsets never shift; the new first offset is published first.
 *
 * The file has REDACTED in place of a secret's value, so its offsets are not the guest's. The marks
 * file says where the last such place is, in both; it is written before the place is, which is one
 * write: after a crash the place is there whole, or the part of it that is there is cut off again.
 */
#ifndef PYRO_GUEST_LOG_H
#define PYRO_GUEST_LOG_H

#include "engine/supervisor/line_file.h"
#include "vmm/base/json.h"

#define LOG_BYTES_MAX (64ll * 1024 * 1024)
#define LOG_EVENTS_SPARE (256 * 1024)
#define LOG_STEP_BYTES (4ll * 1024 * 1024)

struct guest_log {
    int fd;
    struct line_file events;
    int marks_fd;  /* -1: there are no secrets, and the offsets are the guest's */
    uint64_t size; /* of the file */
    /* The end of the last place that was redacted, in the file and for the guest; 0: none. */
    uint64_t redacted_size, redacted_offset;
    uint64_t first; /* offset of the oldest byte kept */
    char what[96];  /* for messages: "shell 'sh1'" */
    bool unsynced;
    /* Publishes `first`; false: it could not. */
    bool (*publish)(void *arg);
    /* Called with bytes that were written, the size already updated. May be NULL. */
    void (*wrote)(void *arg, const void *bytes, size_t n);
    void *arg;
};

/* Takes the descriptors (the first two opened O_RDWR | O_APPEND, marks_fd O_RDWR or -1), on failure
 * too. The callbacks are set by the caller. */
bool guest_log_open(struct guest_log *log, int fd, int events_fd, int marks_fd,
                    struct pyro_error *err) MUST_CHECK;
void guest_log_close(struct guest_log *log);
/* The guest's offset at the log's end. */
uint64_t guest_log_offset(const struct guest_log *log);
/* The place in the file of one of the guest's offsets. What comes after the end is assumed to be
 * without secrets; what comes before the last redacted place, to be at its beginning. */
uint64_t guest_log_place(const struct guest_log *log, uint64_t offset);
/* Appends; false (PYRO_NO_SPACE, …) when not all of it could be written: *ret_written says how much
 * was. */
bool guest_log_add(struct guest_log *log, const void *bytes, size_t n, size_t *ret_written,
                   struct pyro_error *err) MUST_CHECK;
/* Appends REDACTED in place of that many of the guest's bytes; false: none of it is there. Needs
 * marks_fd. */
bool guest_log_redact(struct guest_log *log, size_t guest_bytes, struct pyro_error *err) MUST_CHECK;
/* One line of the events file; false when there is no room for it. `members` (an object, or NULL)
 * is stolen. Nothing comes after LOG_EVENT_END. */
#define LOG_EVENT_END "end"
bool guest_log_event(struct guest_log *log, const char *type, uint64_t offset, json_t *members);
/* Writes the marks of a copy that is cut at this log's end to a new file; synced. */
bool guest_log_keep_marks(const struct guest_log *log, int dirfd, const char *name,
                          struct pyro_error *err) MUST_CHECK;
/* fdatasync(2) of what was written since the last one. */
void guest_log_sync(struct guest_log *log);

#endif
