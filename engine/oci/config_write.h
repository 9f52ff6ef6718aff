/* A configuration, written as image-spec has it (config.md). */
#ifndef PYRO_OCI_CONFIG_WRITE_H
#define PYRO_OCI_CONFIG_WRITE_H

#include "vmm/base/json.h"

/*
 * The document of a saved configuration (oci_config_save(); NULL: of none), for the layers of these
 * diff_ids, an array, new. `created`: RFC 3339. NULL when out of memory.
 */
json_t *oci_config_write(const json_t *saved, json_t *diff_ids, const char *created) MUST_CHECK;

#endif
