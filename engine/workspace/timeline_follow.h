/* A workspace's timeline, and what is added to it. */
#ifndef PYRO_TIMELINE_FOLLOW_H
#define PYRO_TIMELINE_FOLLOW_H

#include "engine/helper/progress.h"
#include "engine/state/file_watch.h"
#include "vmm/base/error.h"
#include "vmm/base/json.h"

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

/* Has the timeline of the workspace in that directory watched; to be called again after each change,
 * until there is one. */
void timeline_watch_add(struct file_watch *watch, const char *workspace_path);

#endif
