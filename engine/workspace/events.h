/*
 * What happens to workspaces, as a stream of events: {time, event, workspace_id, name, …}, by
 * comparing what the watch reports with what was known. What comes and goes between two looks is
 * told too, where a record of it is left; after a queue that overflowed everything is compared.
 */
#ifndef PYRO_WORKSPACE_EVENTS_H
#define PYRO_WORKSPACE_EVENTS_H

#include "vmm/base/json.h"
#include "vmm/base/loop.h"
#include "vmm/base/rows.h"

struct workspace_events;

/* An event; borrowed. Secrets are out of it already. */
typedef void workspace_event_fn(void *arg, const json_t *event);
struct workspace_events_spec {
    const json_t *ids; /* of the workspaces that are watched, an array; NULL: all. Borrowed */
    workspace_event_fn *event;
    /* What cannot be watched, and why. */
    void (*trouble)(void *arg, const struct pyro_error *why);
    /* All of `ids` were deleted. */
    void (*none_left)(void *arg);
    void *arg;
};

/* Its members, for documents. */
extern const struct row_spec workspace_event_rows[];

/* Begins with the attention of each that has any. Borrows the spec. */
struct workspace_events *workspace_events_new(struct loop *loop,
                                              const struct workspace_events_spec *spec,
                                              struct pyro_error *err) MUST_CHECK;
/*
 * While it is paused nothing is told but deletions; when it goes on, what differs from what was told
 * last. For a consumer that is behind. May be called from event().
 */
void workspace_events_pause(struct workspace_events *e, bool paused);
/* NULL is fine. */
void workspace_events_free(struct workspace_events *e);

#endif
