/* engine/image/tar/oci_image.c: from blobs to layers in their order. */
#include "engine/image/tar/oci_image.h"

#include <string.h>

#include "engine/hash/hash.h"
#include "engine/image/tar/oci_image_private.h"
#include "engine/image/tar/root.h"
#include "vmm/base/fs.h"

void oci_image_release(struct oci_image *image)
{
    oci_document_release(&image->document);
    oci_config_release(&image->config);
    free(image->reference);
    free(image->layers);
    *image = (struct oci_image){ 0 };
}

bool oci_image_read_document(const struct blob *b, const char *digest, const char *media_type,
                             struct oci_document *ret, struct pyro_error *err)
{
    scoped_free void *bytes = NULL;

    *ret = (struct oci_document){ 0 };
    return blob_read(b, "its manifest", OCI_DOCUMENT_BYTES_MAX, &bytes, err) &&
           (!digest || hash_check_bytes(bytes, (size_t)b->size, digest, "its manifest", err)) &&
           oci_document_parse(bytes, (size_t)b->size, media_type, ret, err);
}

bool oci_image_read_config(const struct blob *b, const char *digest, struct oci_image *image,
                           struct pyro_error *err)
{
    scoped_free void *bytes = NULL;
    scoped_hash h = { 0 };

    return blob_read(b, "its configuration", OCI_DOCUMENT_BYTES_MAX, &bytes, err) &&
           hash_begin(&h, digest, err) && hash_add(&h, bytes, (size_t)b->size, err) &&
           (digest ? hash_check(&h, "its configuration", err) : true) &&
           (digest || hash_end(&h, image->config_digest, err)) &&
           oci_config_parse(bytes, (size_t)b->size, &image->config, err) &&
           oci_platform_check(&image->config.platform, &oci_platform_host, err);
}

bool oci_image_take_layers(struct oci_image *image, const struct blob *layers,
                           struct pyro_error *err)
{
    const struct oci_manifest *m = &image->document.manifest;

    if (!oci_config_check(&image->config, m, err))
        return false;
    image->layers = calloc(m->layer_count, sizeof(*image->layers));
    if (!image->layers)
        return pyro_no_memory(err, NULL);
    for (size_t i = 0; i < m->layer_count; i++) {
        if (layers[i].size != BLOB_TO_COME && layers[i].size != m->layers[i].size)
            return pyro_fail(err, PYRO_CONTENT_REFUSED,
                             "layer %zu has %lld bytes, and should have %lld", i + 1,
                             (long long)layers[i].size, (long long)m->layers[i].size);
        image->layers[i] = (struct layer){ .blob = layers[i],
                                           .digest = m->layers[i].digest,
                                           .diff_id = image->config.diff_ids[i] };
        image->layers[i].blob.size = m->layers[i].size;
    }
    image->layer_count = m->layer_count;
    memcpy(image->config_digest, m->config.digest, sizeof(image->config_digest));
    return true;
}

bool oci_image_from_blobs(const struct blob *manifest, const char *digest,
                          const struct blob *config, const struct blob *layers, size_t layer_count,
                          struct oci_image *ret, struct pyro_error *err)
{
    *ret = (struct oci_image){ 0 };
    if (!oci_digest_is_valid(digest))
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%.100s' is not a digest", digest);
    memcpy(ret->digest, digest, strlen(digest) + 1);
    if (!oci_image_read_document(manifest, digest, NULL, &ret->document, err))
        return false;
    if (ret->document.kind != OCI_MANIFEST || ret->document.manifest.layer_count != layer_count)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "these are not the layers of that manifest");
    return oci_image_read_config(config, ret->document.manifest.config.digest, ret, err) &&
           oci_image_take_layers(ret, layers, err);
}

bool oci_image_set_base(struct oci_image *image, const struct base_image *base,
                        const char *const *diff_ids, size_t count, struct pyro_error *err)
{
    bool ok = count && count <= image->layer_count;

    for (size_t i = 0; ok && i < count; i++)
        ok = !strcmp(image->layers[i].diff_id, diff_ids[i]);
    if (!ok)
        return pyro_fail(err, PYRO_INVALID_ARGUMENT, "the image below is of other layers");
    image->base = *base;
    image->base_layers = count;
    return true;
}

static bool add_layers(const struct oci_image *image, struct tar_image *target,
                       struct pyro_error *err)
{
    return (!image->base_layers || tar_image_take_base(target, &image->base, err)) &&
           layers_add(target, image->layers, image->base_layers, image->layer_count, err);
}

bool oci_image_unpack(const struct oci_image *image, const struct ext4_spec *spec,
                      struct tar_counts *ret, json_t **ret_supplied, struct pyro_error *err)
{
    scoped_tar_image *target = tar_image_new(spec, err);
    scoped_json json_t *supplied = NULL;

    if (!target || !add_layers(image, target, err) ||
        !root_complete(tar_image_tree(target), &image->config, spec->now, err))
        return false;
    supplied = root_supplied(tar_image_tree(target), &image->config);
    if (!tar_image_finish(target, ret, err))
        return false;
    *ret_supplied = take_ptr(&supplied);
    return true;
}
