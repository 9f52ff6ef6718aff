/* engine/cmd/complete_values.c: names of workspaces and environments, for completion. */
#include "engine/cmd/complete_values.h"

json_t *complete_workspaces(void)
{
    return json_array();
}

json_t *complete_environments(void)
{
    return json_array();
}
