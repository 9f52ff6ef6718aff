/*
 * apt with state of pyro's own: package lists and downloads live in the cache, the sources and keys
 * are the host's. Needs no root and never touches the host's own lists, locks or packages.
 */
#ifndef PYRO_APT_H
#define PYRO_APT_H

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

struct apt {
    char *state_dir;   /* of pyro's own */
    char *config_path; /* the configuration that says so, read after all of the host's */
};

/* Writes the configuration. Release with apt_release. PYRO_DEPENDENCY_MISSING without apt-get. */
bool apt_open(struct apt *ret, struct pyro_error *err) MUST_CHECK;
void apt_release(struct apt *a);
/* Fetches the package lists of the host's sources. Blocks. PYRO_PULL_FAILED with apt's last line.
 */
bool apt_update(const struct apt *a, struct pyro_error *err) MUST_CHECK;
/* The package that `meta` depends on whose name begins with `prefix`; the caller frees. */
char *apt_resolve(const struct apt *a, const char *meta, const char *prefix,
                  struct pyro_error *err) MUST_CHECK;
/* Downloads a package's .deb into the directory (which holds nothing else afterwards). Blocks. */
bool apt_download(const struct apt *a, const char *package, const char *directory,
                  struct pyro_error *err) MUST_CHECK;

#endif
