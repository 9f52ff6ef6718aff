/* The output of a service, as text to scroll and search; it says when there is more below. */
#ifndef PYRO_TUI_SERVICE_LOG_H
#define PYRO_TUI_SERVICE_LOG_H

#include "tui/app.h"

struct service_log;

struct service_log *service_log_new(struct app *app);
/* While its pager is not open. NULL is fine. */
void service_log_free(struct service_log *log);
/* Opens the pager, which is at the logs' end once they are read. `path`: of its workspace. */
void service_log_open(struct service_log *log, const char *workspace_id, const char *path,
                      const char *service);

#endif
