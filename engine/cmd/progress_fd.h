/*
 * Progress for a program that started pyro (docs/progress.md): lines of JSON on the descriptor that
 * PYRO_PROGRESS_FD names. It never makes a command wait, or fail once it has begun: what a reader
 * does not take in time is left out.
 */
#ifndef PYRO_CMD_PROGRESS_FD_H
#define PYRO_CMD_PROGRESS_FD_H

#include <stddef.h>

#include "engine/helper/progress.h"
#include "vmm/base/error.h"

struct progress_fd {
    int fd; /* -1: nobody listens */
    char phase[32];
    int64_t due_ms; /* when the next line would come at an even pace */
    char rest[PROGRESS_LINE_MAX];
    size_t rest_len; /* of a line that went out in part */
};

/* PYRO_INVALID_ARGUMENT when the variable does not name an open descriptor, 3 or more, that can be
 * written to and is not a terminal. Without the variable nobody listens. */
bool progress_fd_open(struct progress_fd *p, struct pyro_error *err) MUST_CHECK;
/* A lasting step begins: the lines from now on name it. */
void progress_fd_phase(struct progress_fd *p, const char *phase, const char *message);
/* `count` may be NULL. */
void progress_fd_tell(struct progress_fd *p, const char *message,
                      const struct progress_count *count);

#endif
