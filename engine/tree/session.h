/*
 * One stream of files between this process and a workspace's guest, through its supervisor, as
 * blocking calls: each runs the loop until it is done.
 *
 * SIGINT, SIGTERM and SIGHUP end it with PYRO_INTERRUPTED while it is open.
 */
#ifndef PYRO_TREE_SESSION_H
#define PYRO_TREE_SESSION_H

#include <signal.h>

#include "engine/client/handle.h"
#include "vmm/base/json.h"
#include "vmm/base/link.h"

struct tree_session {
    struct loop *loop;
    struct link *link;
    struct stream stream;
    struct buf out, errors; /* received, and not taken yet */
    bool out_ended, closed, interrupted;
    json_t *result; /* once it is closed, and not by an error */
    struct pyro_error why;
    sigset_t before;
};

/* Sends the request to the workspace's supervisor. The session must not move; release it unless
 * this fails. */
bool tree_session_open(struct tree_session *t, const struct workspace_handle *w,
                       const json_t *request, struct pyro_error *err) MUST_CHECK;
/* Cancels what is not finished. */
void tree_session_release(struct tree_session *t);
/* A line of JSON that comes before or after the stream, new; NULL on failure. */
json_t *tree_session_line(struct tree_session *t, struct pyro_error *err) MUST_CHECK;
/* A number of such a line. */
bool tree_line_number(const json_t *line, const char *name, uint64_t *ret,
                      struct pyro_error *err) MUST_CHECK;
/* As a tree_input's read and a tree_output's write. */
ssize_t tree_session_read(void *session, void *bytes, size_t n, struct pyro_error *err);
bool tree_session_write(void *session, const void *bytes, size_t n, struct pyro_error *err);
/* Ends the sending side. */
void tree_session_end(struct tree_session *t);
/* Waits for the end; false with the other side's error when it failed there. */
bool tree_session_finish(struct tree_session *t, struct pyro_error *err) MUST_CHECK;

#endif
