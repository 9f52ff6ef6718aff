/*
 * apt with pyro's own state: package lists and downloads are in the cache, the sources and keys are
 * the host's. Needs no root and never touches the host's own lists, locks or packages.
 */
#ifndef PYRO_APT_H
#define PYRO_APT_H

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

struct apt {
    char *state_dir;   /* of pyro's own */
    char *config_path; /* the configuration for it, read after all of the host's */
};

#define APT_SOURCES_DIR "sources" /* in the state: sources of apt_open_releases() */
#define APT_AUTH_FILE "auth.conf" /* … and their passwords, apt_auth.conf(5) */

/* Writes the configuration. Release with apt_release. PYRO_DEPENDENCY_MISSING without apt-get. */
bool apt_open(struct apt *ret, struct pyro_error *err) MUST_CHECK;
/* Likewise for apt_releases(): state, and sources instead of the host's, in that directory. */
bool apt_open_releases(struct apt *ret, const char *directory, struct pyro_error *err) MUST_CHECK;
void apt_release(struct apt *a);
/* Fetches the package lists of the host's sources. Blocks. PYRO_PULL_FAILED with apt's last line.
 */
bool apt_update(const struct apt *a, struct pyro_error *err) MUST_CHECK;
/* Fetches what can be fetched, and appends everything apt says, errors included: those are not
 * failures. */
bool apt_try_update(const struct apt *a, struct buf *said, struct pyro_error *err) MUST_CHECK;
/* "ADDRESS SUITE CODENAME ORIGIN" (the latter two from its Release file, "-" without), a line for
 * each of the sources that was fetched and verified. */
bool apt_releases(const struct apt *a, struct buf *ret, struct pyro_error *err) MUST_CHECK;
/* The package that `meta` depends on whose name begins with `prefix`; the caller frees. */
char *apt_resolve(const struct apt *a, const char *meta, const char *prefix,
                  struct pyro_error *err) MUST_CHECK;
/* Downloads a package's .deb into the directory (which holds nothing else afterwards). Blocks. */
bool apt_download(const struct apt *a, const char *package, const char *directory,
                  struct pyro_error *err) MUST_CHECK;

#endif
