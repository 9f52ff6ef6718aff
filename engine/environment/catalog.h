/* The environments pyro knows: one const table, the same in every copy of a version. */
#ifndef PYRO_CATALOG_H
#define PYRO_CATALOG_H

#include <stddef.h>

#include "vmm/base/error.h"
#include "vmm/base/json.h"

struct catalog_entry {
    const char *name;            /* what the user types: "debian:12" */
    const char *description;     /* one sentence */
    const char *distribution;    /* "debian 12 (bookworm)" */
    const char *suite;           /* as mmdebstrap takes it */
    const char *const *packages; /* beyond the minimal system; NULL-terminated */
    const char *image;           /* what a registry has for it, in full; it may hold more */
};

/* All entries; *ret_count of them. */
const struct catalog_entry *catalog_all(size_t *ret_count);
/* The entry of that name, or NULL with PYRO_ENVIRONMENT_NOT_FOUND and the near names as its hint.
 */
const struct catalog_entry *catalog_find(const char *name, struct pyro_error *err) MUST_CHECK;
/* The names of its packages, new. */
json_t *catalog_packages(const struct catalog_entry *entry);

#endif
