/* A service on a line of a list: read from its record, and what is said of it. */
#ifndef PYRO_TUI_SERVICE_ROW_H
#define PYRO_TUI_SERVICE_ROW_H

#include "engine/workspace/watch.h"
#include "tui/theme.h"
#include "vmm/base/json.h"

/* Appends the workspace's services, by name, as `workspace service list` has them. Blocks for
 * reading small files. */
bool service_row_read(const struct watched_workspace *w, json_t *to,
                      struct pyro_error *err) MUST_CHECK;
/* Borrowed; "" when there is none. */
const char *service_row_name(const json_t *service);
const char *service_row_workspace(const json_t *service);
/* It starts or runs. */
bool service_row_is_live(const json_t *service);
/* Its state with what it ended with, into ret, and that state's colour. */
enum role service_row_state(const json_t *service, char *ret, size_t size);
/* "8080→80 …", into ret; "" when nothing is published. */
void service_row_ports(const json_t *service, char *ret, size_t size);

#endif
