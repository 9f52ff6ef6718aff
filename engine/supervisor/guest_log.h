/*
 * The writing side of an append-only log of what a guest printed: the file, its cap, and the events
 * file beside it.
 *
 * What add() took is in the file; a crash may lose what was not yet given to it, which the guest
 * still has and sends again from guest_log_offset() on. Beyond LOG_BYTES_MAX the head is punched
 * out in steps, so that offsets never shift; the new first offset is published before.
 */
#ifndef PYRO_GUEST_LOG_H
#define PYRO_GUEST_LOG_H

#include "vmm/base/json.h"

#define LOG_BYTES_MAX (64ll * 1024 * 1024)
#define LOG_STEP_BYTES (4ll * 1024 * 1024)

struct guest_log {
    int fd, events_fd;
    uint64_t size;  /* of the file */
    uint64_t first; /* offset of the oldest byte kept */
    char what[96];  /* for messages: "shell 'sh1'" */
    bool unsynced;
    /* Publishes `first`; false: it could not. */
    bool (*publish)(void *arg);
    /* Told of bytes that were written, the size already grown. May be NULL. */
    void (*wrote)(void *arg, const void *bytes, size_t n);
    void *arg;
};

/* Takes both descriptors (opened O_RDWR | O_APPEND), on failure too. The callbacks are set by the
 * caller. */
bool guest_log_open(struct guest_log *log, int fd, int events_fd,
                    struct pyro_error *err) MUST_CHECK;
void guest_log_close(struct guest_log *log);
/* The guest's offset that the log's end is at. */
uint64_t guest_log_offset(const struct guest_log *log);
/* Appends; false (PYRO_NO_SPACE, …) when not all of it could be written: *ret_written says how much
 * was. */
bool guest_log_add(struct guest_log *log, const void *bytes, size_t n, size_t *ret_written,
                   struct pyro_error *err) MUST_CHECK;
/* One line of the events file. `members` (an object, or NULL) is stolen. */
bool guest_log_event(struct guest_log *log, const char *type, uint64_t offset, json_t *members);
/* fdatasync(2) of what was written since the last one. */
void guest_log_sync(struct guest_log *log);

#endif
