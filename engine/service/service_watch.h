/* Which files tell that the records of services have changed; the caller then reads them again with
 * service_each(). */
#ifndef PYRO_SERVICE_WATCH_H
#define PYRO_SERVICE_WATCH_H

#include "engine/state/file_watch.h"

/* Watches all services of the workspace in this directory; to be called again after each change,
 * for those that are new. One without services is fine. */
void service_watch_add(struct file_watch *watch, const char *workspace_path);
/* Reports output of this service's present run as well. */
void service_watch_follow(struct file_watch *watch, const char *workspace_path,
                          const char *service);

#endif
