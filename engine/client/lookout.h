/*
 * Waiting for changes of a workspace's files by inotify(7), in a program without a loop: for as long
 * as a follower likes. Nothing that waits for files learns from them that nothing comes any more, so
 * a caller that waits uses a lookout, which listens to the supervisor too: what that has to say about
 * its guest is passed on as a note, a supervisor that died is replaced, and one that cannot be ends
 * the wait.
 */
#ifndef PYRO_CLIENT_LOOKOUT_H
#define PYRO_CLIENT_LOOKOUT_H

#include <stdint.h>

#include "engine/client/handle.h"
#include "engine/helper/progress.h"
#include "vmm/base/link.h"

/* Stays where it is while it is open. */
struct lookout {
    const struct workspace_handle *workspace; /* borrowed */
    const struct progress *progress;          /* borrowed: for notes; NULL: nobody reads them */
    bool passive; /* it only waits for what happens: the machine need not stay awake for it */
    int fd;
    struct loop *loop;
    struct link *link; /* to the supervisor; NULL: not reached */
    struct stream notes;
    int64_t reach_ms; /* clock_ms(): when to try again */
    unsigned failures;
};
#define LOOKOUT_INIT(W, PROGRESS) { .workspace = (W), .progress = (PROGRESS), .fd = -1 }

bool lookout_open(struct lookout *l, struct pyro_error *err) MUST_CHECK;
void lookout_close(struct lookout *l);
#define scoped_lookout __attribute__((cleanup(lookout_close))) struct lookout
/* Watches `name` in the workspace's directory ("." is that itself) for inotify events; again is no
 * harm, and needed for a directory that a reset made again. A missing one is not an error. */
bool lookout_add(const struct lookout *l, const char *name, uint32_t events,
                 struct pyro_error *err) MUST_CHECK;
/* Sleeps until something changed or it is `at` (clock_ms()), but at most a second. Spurious returns
 * are possible. False when the supervisor died and no other one could be started, several times. */
bool lookout_sleep(struct lookout *l, int64_t at, struct pyro_error *err) MUST_CHECK;
/* Without sleeping, for a caller that sleeps on something else: a descriptor to poll for input (-1:
 * none) and a time (clock_ms()) by which it looks again. */
bool lookout_look(struct lookout *l, struct pyro_error *err) MUST_CHECK;
int lookout_fd(const struct lookout *l);
int64_t lookout_at(const struct lookout *l);
/* Leaves the supervisor alone for the first second: most waits are over by then. */
void lookout_later(struct lookout *l);
/* What was followed has come to its end: false, with the reason, when the workspace failed. */
bool lookout_check_end(const struct lookout *l, struct pyro_error *err) MUST_CHECK;

#endif
