/* Names and passwords in the addresses of apt's sources, and where they go instead. */
#ifndef PYRO_SOURCE_ADDRESS_H
#define PYRO_SOURCE_ADDRESS_H

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

/*
 * The address without a name and a password, the caller's; those go to `auth` as a line of
 * apt_auth.conf(5). NULL with PYRO_PULL_FAILED when such a line cannot hold them.
 */
char *source_address_split(const char *uri, size_t bytes, struct buf *auth,
                           struct pyro_error *err) MUST_CHECK;
/* Whether it leads to something other than a file on this host. */
bool source_address_is_remote(const char *uri);

#endif
