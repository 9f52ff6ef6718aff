/* What network a workspace's machine has. Decided when it is created, and kept as long as it lives.
 */
#ifndef PYRO_NETWORK_POLICY_H
#define PYRO_NETWORK_POLICY_H

#include <stdbool.h>

enum network_policy {
    NETWORK_OFF,         /* no network device at all */
    NETWORK_EGRESS,      /* connections out */
    NETWORK_EGRESS_PORTS /* and services' ports on the host's own loopback */
};

/* By enum network_policy, as users and records write them; ends with NULL. */
extern const char *const network_policy_names[];

/* Those that a workspace can be created with now: no machine has a network device yet, so
 * connections out are not offered, and the last of them means published ports alone. */
extern const char *const network_policy_offered[];

bool network_policy_parse(const char *name, enum network_policy *ret);

#endif
