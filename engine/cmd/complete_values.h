/* Values that only the host's state can tell, for completion: [{value, help}]. Empty when that
 * state cannot be read. The caller owns the array. */
#ifndef PYRO_CMD_COMPLETE_VALUES_H
#define PYRO_CMD_COMPLETE_VALUES_H

#include "engine/cmd/spec.h"
#include "vmm/base/json.h"

/* `workspace`: the one that a kind of value belongs to; NULL: not known. */
json_t *complete_values(enum arg_complete kind, const char *workspace);

#endif
