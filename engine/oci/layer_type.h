/* How the layers of an image are compressed, and what that is called (image-spec, layer.md). */
#ifndef PYRO_OCI_LAYER_TYPE_H
#define PYRO_OCI_LAYER_TYPE_H

#include <stdbool.h>

enum oci_compression { OCI_PLAIN, OCI_GZIP, OCI_ZSTD };

/* "none", "gzip" or "zstd", as an environment's record has it. */
const char *oci_compression_name(enum oci_compression c);
/* False: it is none of these (NULL too). */
bool oci_compression_of(const char *name, enum oci_compression *ret);
/* The media type of such a layer. */
const char *oci_layer_media_type(enum oci_compression c);

#endif
