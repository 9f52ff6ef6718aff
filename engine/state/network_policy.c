/* engine/state/network_policy.c: the names of network policies. */
#include "engine/state/network_policy.h"

#include <stddef.h>
#include <string.h>

const char *const network_policy_names[] = { "off", "egress", "egress+published-ports", NULL };

bool network_policy_parse(const char *name, enum network_policy *ret)
{
    for (unsigned i = 0; network_policy_names[i]; i++) {
        if (!strcmp(network_policy_names[i], name)) {
            *ret = (enum network_policy)i;
            return true;
        }
    }
    return false;
}
