/*
 * Tells when the records of services change, by inotify(7). The caller then reads them again with
 * service_each().
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
 * for those that are new. One without services is fine. */
void service_watch_add(struct service_watch *watch, const char *workspace_path);
/* Reports output of this service's present run as well. */
void service_watch_follow(struct service_watch *watch, const char *workspace_path,
                          const char *service);

#endif
