/*
 * Any bytes as an index, a manifest or a configuration: what is taken keeps every bound that its
 * header states.
 */
#include <stdint.h>
#include <string.h>

#include "engine/oci/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_descriptor(const struct oci_descriptor *d)
{
    char name[OCI_DIGEST_SIZE];

    BUG_ON(!oci_digest_is_valid(d->digest) || d->size < 0 || d->size > OCI_BLOB_BYTES_MAX);
    oci_blob_name(d->digest, name);
    BUG_ON(strchr(name, '/') || name[0] == '.');
}

static void check_document(const uint8_t *bytes, size_t n)
{
    const struct oci_index_entry *chosen;
    struct pyro_error err = { 0 };
    scoped_oci_document d;

    if (!oci_document_parse(bytes, n, NULL, &d, &err)) {
        BUG_ON(err.code == PYRO_OK || !err.message[0]);
        return;
    }
    if (d.kind == OCI_MANIFEST) {
        BUG_ON(d.manifest.layer_count == 0 || d.manifest.layer_count > OCI_LAYERS_MAX ||
               d.manifest.layer_bytes > OCI_BLOB_BYTES_MAX);
        check_descriptor(&d.manifest.config);
        for (size_t i = 0; i < d.manifest.layer_count; i++)
            check_descriptor(&d.manifest.layers[i]);
        return;
    }
    BUG_ON(d.index.count > OCI_INDEX_ENTRIES_MAX);
    for (size_t i = 0; i < d.index.count; i++)
        check_descriptor(&d.index.entries[i].descriptor);
    chosen = oci_index_choose(&d.index, &oci_platform_host, &err);
    BUG_ON(!chosen && err.code == PYRO_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct pyro_error err = { 0 };
    scoped_oci_config c;

    check_document(bytes, n);
    if (oci_config_parse(bytes, n, &c, &err)) {
        scoped_json json_t *saved = oci_config_save(&c);
        BUG_ON(!saved || c.diff_id_count > OCI_LAYERS_MAX ||
               json_array_size(c.env) > OCI_WORDS_MAX);
    } else {
        BUG_ON(err.code == PYRO_OK || !err.message[0]);
    }
    return 0;
}
