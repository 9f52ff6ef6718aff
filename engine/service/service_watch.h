/*
 * When the records of services change, told by inotify(7): for whoever shows the services of
 * workspaces. What has changed is read again by service_each().
 */
#ifndef PYRO_SERVICE_WATCH_H
#define PYRO_SERVICE_WATCH_H

#include "vmm/base/loop.h"

struct service_watch;

/* `fn` is called from the loop after a change of any watched service; several changes at once are
 * one call. */
struct service_watch *service_watch_new(struct loop *loop, loop_call_fn *fn, void *arg,
                                        struct pyro_error *err) MUST_CHECK;
/* NULL is fine. */
void service_watch_free(struct service_watch *watch);
/* Watches all services of the workspace in this directory; to be called again after each change,
 * for those that are new. One without services is no trouble. */
void service_watch_add(struct service_watch *watch, const char *workspace_path);
/* That what this service's present run prints is told as well. */
void service_watch_follow(struct service_watch *watch, const char *workspace_path,
                          const char *service);

#endif
