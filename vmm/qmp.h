/*
 * A client of QEMU's machine protocol (QMP) on its UNIX socket.
 *
 * Two ways to use it: blocking commands with a deadline, for starting and stopping a VM, and in a
 * loop (qmp_watch) for events and the loss of the connection. QMP serves one client at a time and
 * greets the next once the first is really gone, so a supervisor that replaces a killed one simply
 * connects again. A QEMU may be controlled by its guest: its messages are bounded in size, depth
 * and number, and a breach closes the connection.
 */
#ifndef PYRO_QMP_H
#define PYRO_QMP_H

#include "vmm/base/json.h"
#include "vmm/base/loop.h"

#define QMP_LINE_MAX (256 * 1024) /* bytes of one message from QEMU */

struct qmp;

/* An event's name and data (an object, or NULL), borrowed for the call. */
typedef void qmp_event_fn(void *arg, const char *event, const json_t *data);
/* The connection is lost; called once. qmp_free() may be called here. */
typedef void qmp_lost_fn(void *arg, const struct pyro_error *why);

/*
 * Takes a connected socket (on success and failure alike), reads the greeting and negotiates.
 * Blocks until deadline_ms (clock_ms()). NULL: PYRO_TIMEOUT, or PYRO_VM_FAILED when QEMU hung up or
 * sent what QMP does not allow.
 */
struct qmp *qmp_open(int fd, int64_t deadline_ms, struct pyro_error *err) MUST_CHECK;
/* Connects to the socket `name` in dirfd first. */
struct qmp *qmp_connect(int dirfd, const char *name, int64_t deadline_ms,
                        struct pyro_error *err) MUST_CHECK;
/* NULL is fine. Unwatches and closes; QEMU goes on. */
void qmp_free(struct qmp *qmp);

/*
 * Runs one command and waits for its answer. `arguments` (NULL: none) is stolen. *ret_result (may
 * be NULL) is the "return" member, the caller's. Events that come meanwhile go to the watcher, if
 * there is one. Fails with PYRO_VM_FAILED and QEMU's own description when QEMU refuses,
 * PYRO_TIMEOUT past deadline_ms.
 */
bool qmp_command(struct qmp *qmp, const char *command, json_t *arguments, int64_t deadline_ms,
                 json_t **ret_result, struct pyro_error *err) MUST_CHECK;
/* Hands QEMU a copy of the descriptor under a name (getfd), for fd:NAME in a later command. */
bool qmp_pass_fd(struct qmp *qmp, const char *name, int fd, int64_t deadline_ms,
                 struct pyro_error *err) MUST_CHECK;
/* Hands QEMU a copy of the descriptor as one of a descriptor set (add-fd); `opaque` goes with it.
 */
bool qmp_add_fd(struct qmp *qmp, unsigned set, int fd, const char *opaque, int64_t deadline_ms,
                struct pyro_error *err) MUST_CHECK;
/*
 * Waits for the next event of this name, including one that already came (the newest 64 events are
 * kept while nobody watches). *ret_data (may be NULL) is its data, the caller's; NULL when it has
 * none.
 */
bool qmp_wait_event(struct qmp *qmp, const char *event, int64_t deadline_ms, json_t **ret_data,
                    struct pyro_error *err) MUST_CHECK;

/* From now on events and the loss are reported from the loop. Commands may still be run,
 * blocking. */
bool qmp_watch(struct qmp *qmp, struct loop *loop, qmp_event_fn *on_event, qmp_lost_fn *on_lost,
               void *arg, struct pyro_error *err) MUST_CHECK;

#endif
