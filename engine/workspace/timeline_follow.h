/* A workspace's timeline, and what is added to it. */
#ifndef PYRO_TIMELINE_FOLLOW_H
#define PYRO_TIMELINE_FOLLOW_H

#include "engine/helper/progress.h"
#include "vmm/base/error.h"
#include "vmm/base/json.h"
#include "vmm/base/loop.h"

/* {workspace_id, count, entries}: all that is kept from `since` (epoch seconds) on, new; the
 * beginnings of commands that have ended are not in it. */
json_t *workspace_timeline(const char *ref, double since, struct pyro_error *err) MUST_CHECK;
/*
 * The same entries one by one, borrowed, and then each that is added, until the workspace no longer
 * runs; false ends it. The result is that of above, without entries; `count` is how many were given.
 */
typedef bool timeline_entry_fn(void *arg, const json_t *entry, struct pyro_error *err);
json_t *workspace_timeline_follow(const char *ref, double since, timeline_entry_fn *fn, void *arg,
                                  const struct progress *progress,
                                  struct pyro_error *err) MUST_CHECK;

/* Calls fn soon after something was added to the timeline of the workspace in that directory. */
struct timeline_watch;
struct timeline_watch *timeline_watch_new(struct loop *loop, const char *workspace_path,
                                          loop_call_fn *fn, void *arg,
                                          struct pyro_error *err) MUST_CHECK;
/* NULL is fine. */
void timeline_watch_free(struct timeline_watch *watch);

#endif
