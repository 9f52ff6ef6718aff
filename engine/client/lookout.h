/* Waiting for changes of a workspace's files by inotify(7), in a program without a loop. */
#ifndef PYRO_CLIENT_LOOKOUT_H
#define PYRO_CLIENT_LOOKOUT_H

#include <stdint.h>

#include "engine/client/handle.h"

struct lookout {
    const struct workspace_handle *workspace; /* borrowed */
    int fd;
};
#define LOOKOUT_INIT(W) { .workspace = (W), .fd = -1 }

bool lookout_open(struct lookout *l, struct pyro_error *err) MUST_CHECK;
void lookout_close(struct lookout *l);
#define scoped_lookout __attribute__((cleanup(lookout_close))) struct lookout
/* Watches `name` in the workspace's directory ("." is that itself) for inotify events; again is no
 * harm, and needed for a directory that a reset made again. A missing one is not an error. */
bool lookout_add(const struct lookout *l, const char *name, uint32_t events,
                 struct pyro_error *err) MUST_CHECK;
/* Sleeps until something changed or it is `at` (clock_ms()), but at most a second: its supervisor
 * may have been killed, which is mended then. Spurious returns are possible. */
void lookout_sleep(const struct lookout *l, int64_t at);

#endif
