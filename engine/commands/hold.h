/* For workspace hold and create --hold: this process's streams and status while it holds one. */
#ifndef PYRO_COMMANDS_HOLD_H
#define PYRO_COMMANDS_HOLD_H

#include "engine/cmd/io.h"
#include "engine/workspace/hold.h"

#define HOLD_DETAILS                                                                               \
    "Once it runs this prints 'ready', and tells a service manager (NOTIFY_SOCKET). TERM, INT "    \
    "and "                                                                                         \
    "HUP stop the workspace, the second kills it; so does the end of this process. Exits with 0 "  \
    "when it was stopped, 1 when it failed, 3 when its time to live was over."

/*
 * Holds it until it ends: the object with which that happened, new. `created` is shown before
 * 'ready'; NULL: nothing is.
 */
json_t *hold_workspace(struct cmd_io *io, const char *ref, const json_t *created,
                       struct workspace_hold_spec spec, struct pyro_error *err) MUST_CHECK;

#endif
