/*
 * Where pyro keeps things. PYRO_HOME moves everything (HOME/data, HOME/cache, HOME/state),
 * PYRO_ENVIRONMENT_CACHE_DIR the environments; else the XDG base directories: $XDG_DATA_HOME/pyro,
 * $XDG_CACHE_HOME/pyro and $XDG_STATE_HOME/pyro. Each function creates its directory (0700) and
 * returns a path that the caller frees; NULL on failure, and where another user could replace it
 * (trust.h).
 */
#ifndef PYRO_PATHS_H
#define PYRO_PATHS_H

#include "vmm/base/error.h"

/*
 * Makes these variables, and pyro's others that name a file, absolute for this process and those it
 * starts: they work in other directories. Called before any of the functions below.
 */
bool paths_make_absolute(struct pyro_error *err) MUST_CHECK;
/* HOME, else the entry in passwd(5), for a job without an environment; NULL: neither. Borrowed. */
const char *paths_home(void);
/* The configuration file, which need not be there: $XDG_CONFIG_HOME/pyro/config. NULL: it cannot be
 * told where. */
char *paths_config(void);
char *paths_data(struct pyro_error *err) MUST_CHECK;       /* the root of what is not a cache */
char *paths_workspaces(struct pyro_error *err) MUST_CHECK; /* one directory per workspace */
char *paths_bases(struct pyro_error *err) MUST_CHECK;      /* base images of workspaces */
/* Whether a path is below that one: nothing is looked at, or made, for it. */
bool paths_is_in_bases(const char *path) MUST_CHECK;
char *paths_mcp_token(struct pyro_error *err) MUST_CHECK;    /* of `mcp serve --http`: a file */
char *paths_environments(struct pyro_error *err) MUST_CHECK; /* one directory per environment */
char *paths_boot(struct pyro_error *err) MUST_CHECK;         /* kernels and initramfs images */
char *paths_templates(struct pyro_error *err) MUST_CHECK;    /* one directory per template */
char *paths_apt(struct pyro_error *err) MUST_CHECK;          /* pyro's own apt state */
char *paths_blobs(struct pyro_error *err) MUST_CHECK; /* what images are made of, by digest */
char *paths_cache(struct pyro_error *err) MUST_CHECK; /* the cache's root: small records */
char *paths_state(struct pyro_error *err) MUST_CHECK; /* what pyro tui keeps over its end */

#endif
