/* engine/oci/layer_type.c: one row for each compression. */
#include "engine/oci/layer_type.h"

#include <string.h>

#include "vmm/base/cleanup.h"

static const struct {
    const char *name, *media_type;
} types[] = {
    [OCI_PLAIN] = { "none", "application/vnd.oci.image.layer.v1.tar" },
    [OCI_GZIP] = { "gzip", "application/vnd.oci.image.layer.v1.tar+gzip" },
    [OCI_ZSTD] = { "zstd", "application/vnd.oci.image.layer.v1.tar+zstd" },
};

const char *oci_compression_name(enum oci_compression c)
{
    return types[c].name;
}

bool oci_compression_of(const char *name, enum oci_compression *ret)
{
    for (unsigned i = 0; name && i < ARRAY_SIZE(types); i++)
        if (!strcmp(types[i].name, name)) {
            *ret = (enum oci_compression)i;
            return true;
        }
    return false;
}

const char *oci_layer_media_type(enum oci_compression c)
{
    return types[c].media_type;
}
