/* Confining pyro-http before it reads from anybody. */
#ifndef PYRO_HTTP_JAIL_H
#define PYRO_HTTP_JAIL_H

#include "vmm/base/helper_jail.h"

/* As helper_jail_enter(), with the calls that serving connections of a socket that listens already
 * needs: it can take them, and open none. */
bool http_jail_enter(struct pyro_error *err) MUST_CHECK;

#endif
