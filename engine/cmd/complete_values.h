/* Values that only the host's state can tell, for completion: [{value, help}]. Empty when that
 * state cannot be read. The caller owns the array. */
#ifndef PYRO_CMD_COMPLETE_VALUES_H
#define PYRO_CMD_COMPLETE_VALUES_H

#include "vmm/base/json.h"

json_t *complete_workspaces(void);
json_t *complete_environments(void);
/* Of the workspace referred to. */
json_t *complete_services(const char *workspace);

#endif
