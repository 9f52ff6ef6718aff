/* The network of a workspace's machine. Chosen when it is created, and fixed for its life. */
#ifndef PYRO_NETWORK_POLICY_H
#define PYRO_NETWORK_POLICY_H

#include <stdbool.h>

enum network_policy {
    NETWORK_OFF,         /* no network device at all */
    NETWORK_EGRESS,      /* connections out, through passt */
    NETWORK_EGRESS_PORTS /* and services' ports on the host's own loopback */
};

/* By enum network_policy, as users and records write them; ends with NULL. */
extern const char *const network_policy_names[];

bool network_policy_parse(const char *name, enum network_policy *ret);

#endif
