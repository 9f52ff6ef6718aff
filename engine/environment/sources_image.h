/*
 * What of the host's apt sources may stand where. To build, apt gets them without the names and
 * passwords in their addresses, which go into a private file (apt_auth.conf(5)). The image gets
 * what is of use in it: no password, no [trusted=yes] and the like, no keyring or archive of this
 * host's.
 */
#ifndef PYRO_SOURCES_IMAGE_H
#define PYRO_SOURCES_IMAGE_H

#include "engine/environment/sources.h"

struct sources_parts {
    struct sources build, image;
    struct buf auth; /* for apt_auth.conf(5); empty: there is no password */
};

void sources_parts_release(struct sources_parts *p);
/* PYRO_PULL_FAILED for a name or password that such a file cannot hold. Release it. */
bool sources_part(const struct sources *host, struct sources_parts *ret,
                  struct pyro_error *err) MUST_CHECK;

#endif
