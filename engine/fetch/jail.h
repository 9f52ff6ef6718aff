/* Confining pyro-fetch before it talks to anybody. */
#ifndef PYRO_FETCH_JAIL_H
#define PYRO_FETCH_JAIL_H

#include "vmm/base/helper_jail.h"

/* As helper_jail_enter(), with the calls that connections of IPv4 and IPv6 and writing files by
 * descriptor need: it can open no file, and no connection on this machine but through IP. */
bool fetch_jail_enter(struct pyro_error *err) MUST_CHECK;

#endif
