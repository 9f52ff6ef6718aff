/* Where a URL leads. */
#ifndef PYRO_FETCH_PLACE_H
#define PYRO_FETCH_PLACE_H

#include "vmm/base/error.h"

#define PLACE_URL_MAX 8192
#define PLACE_HOST_MAX 256

struct place {
    bool is_plain;             /* http, and not https */
    char host[PLACE_HOST_MAX]; /* lower case, an IPv6 address without brackets */
    int port;
};

/* The place of a whole URL of http or https that names no user. */
bool place_of(const char *url, struct place *ret, struct pyro_error *err) MUST_CHECK;
/* The URL that a Location leads to from `url`, new. NULL on failure. */
char *place_join(const char *url, const char *location, struct pyro_error *err) MUST_CHECK;
/* Scheme, host and port: what credentials are sent to once is this and nothing else. */
bool place_is_same(const struct place *a, const struct place *b);
/* Whether two hosts belong together by their names: they are one, or one is below the other. */
bool place_is_related(const char *host, const char *other);

#endif
