/*
 * Answers programs that ask their terminal (engine/term/query.h), whether or not anybody watches.
 *
 * Questions in a row are answered together, with the offset after the last of them: the guest gives
 * the answer to the terminal only if nothing was printed after that, because a reply that no
 * program waits for is typed into the shell. The cursor's position is rendered by a confined child,
 * as for a read of the screen. Beyond ANSWERS_MAX a second per shell, and while too many are being
 * rendered, questions are not answered.
 */
#ifndef PYRO_SHELL_QUERY_H
#define PYRO_SHELL_QUERY_H

#include "engine/supervisor/shell_log.h"
#include "vmm/base/link.h"

#define QUERY_GROUP_MAX 16

struct shell_query {
    struct loop *loop;
    struct shell_log *log; /* borrowed, as is the guest's stream */
    struct stream *guest;
    struct {
        enum term_query query;
        bool bell;
    } asked[QUERY_GROUP_MAX]; /* since the last answer, in a row */
    unsigned count;
    bool wants_cursor;
    uint64_t end, guest_end; /* after the last, in the log and for the guest */
    int64_t window_ms;       /* when the second began in which so many were answered: */
    unsigned answered;
    struct loop_deferred later;
    /* The rendering in progress: */
    pid_t pid; /* 0: none */
    int fd;
    struct buf screen;
    struct loop_timer late;
};

/* Makes the log report questions from now on; must not move afterwards. */
void shell_query_init(struct shell_query *q, struct loop *loop, struct shell_log *log,
                      struct stream *guest);
void shell_query_release(struct shell_query *q);

#endif
