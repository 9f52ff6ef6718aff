/*
 * engine/image/tar/oci_archive.c: images in archives. What belongs together says an index.json, or
 * with `docker save` of old a manifest.json.
 */
#include <string.h>

#include "engine/image/tar/oci_image_private.h"
#include "vmm/base/fs.h"

bool oci_image_is_archive(const char *first_member)
{
    static const char *const names[] = { "oci-layout", "index.json", "manifest.json",
                                         "repositories", "blobs" };
    size_t n;

    while (!strncmp(first_member, "./", 2) || *first_member == '/')
        first_member += *first_member == '/' ? 1 : 2;
    n = strcspn(first_member, "/");
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strlen(names[i]) == n && !memcmp(names[i], first_member, n))
            return true;
    /* docker save: HEX.json, HEX.tar, HEX/layer.tar */
    return n >= 64 && strspn(first_member, "0123456789abcdef") == 64 &&
           (n == 64 || first_member[64] == '.');
}

static bool find_blob(const struct archive_files *files, const struct oci_descriptor *d,
                      struct blob *ret, struct pyro_error *err)
{
    char name[OCI_DIGEST_SIZE];
    scoped_free char *path = NULL;

    snprintf(name, sizeof(name), "%s", d->digest);
    *strchr(name, ':') = '/';
    path = str_printf("blobs/%s", name);
    if (!archive_files_find(files, path, ret, err))
        return false;
    return ret->size == d->size ||
           pyro_fail(err, PYRO_CONTENT_REFUSED, "'%s' has %lld bytes, and should have %lld", path,
                     (long long)ret->size, (long long)d->size);
}

/* Entries that could be meant: they differ in their digests. */
static bool check_single(const struct oci_index *index, const struct oci_index_entry *chosen,
                         struct pyro_error *err)
{
    for (size_t i = 0; i < index->count; i++) {
        const struct oci_index_entry *e = &index->entries[i];
        if (strcmp(e->descriptor.digest, chosen->descriptor.digest) != 0 &&
            !memcmp(&e->platform, &chosen->platform, sizeof(e->platform)))
            return pyro_fail(err, PYRO_CONTENT_REFUSED,
                             "the archive holds more than one image, '%.100s' and '%.100s'",
                             chosen->reference ? chosen->reference : chosen->descriptor.digest,
                             e->reference ? e->reference : e->descriptor.digest);
    }
    return true;
}

/* From the archive's index down to the manifest. */
static bool find_manifest(const struct archive_files *files, struct oci_image *image,
                          struct pyro_error *err)
{
    struct oci_descriptor next;
    struct blob b;

    if (!archive_files_find(files, "index.json", &b, err) ||
        !oci_image_read_document(&b, NULL, NULL, &image->document, err))
        return false;
    if (image->document.kind != OCI_INDEX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "its index.json is not an index");
    for (int depth = 0; image->document.kind == OCI_INDEX; depth++) {
        const struct oci_index_entry *e =
            oci_index_choose(&image->document.index, &oci_platform_host, err);
        if (!e || !check_single(&image->document.index, e, err))
            return false;
        if (depth == OCI_INDEX_DEPTH_MAX)
            return pyro_fail(err, PYRO_CONTENT_REFUSED, "more than %d indexes in each other",
                             OCI_INDEX_DEPTH_MAX);
        if (!image->reference && e->reference)
            image->reference = str_printf("%s", e->reference);
        next = e->descriptor;
        memcpy(image->digest, next.digest, sizeof(image->digest));
        oci_document_release(&image->document);
        if (!find_blob(files, &next, &b, err) ||
            !oci_image_read_document(&b, next.digest, next.media_type, &image->document, err))
            return false;
    }
    return true;
}

static bool from_layout(const struct archive_files *files, struct oci_image *image,
                        struct pyro_error *err)
{
    struct blob layers[OCI_LAYERS_MAX], config;
    const struct oci_manifest *m = &image->document.manifest;

    if (!find_manifest(files, image, err) || !find_blob(files, &m->config, &config, err) ||
        !oci_image_read_config(&config, m->config.digest, image, err))
        return false;
    for (size_t i = 0; i < m->layer_count; i++)
        if (!find_blob(files, &m->layers[i], &layers[i], err))
            return pyro_wrap(err, "layer %zu", i + 1);
    return oci_image_take_layers(image, layers, err);
}

/* [{"Config": NAME, "RepoTags": [TAG, …], "Layers": [NAME, …]}]: what it names has no digests but
 * the configuration's of the layers. */
static bool from_docker(const struct archive_files *files, const json_t *list,
                        struct oci_image *image, struct pyro_error *err)
{
    const json_t *entry = json_array_get(list, 0), *layers = json_object_get(entry, "Layers");
    const char *config = json_string_or(entry, "Config", NULL);
    const char *tag = json_string_value(json_array_get(json_object_get(entry, "RepoTags"), 0));
    struct blob b;

    if (json_array_size(list) != 1)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "the archive holds %zu images, not one",
                         json_array_size(list));
    if (!config || json_array_size(layers) == 0 || json_array_size(layers) > OCI_LAYERS_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "its manifest.json names no %s",
                         config ? "layers, or too many" : "configuration");
    image->reference = tag ? str_printf("%s", tag) : NULL;
    if (!archive_files_find(files, config, &b, err) || !oci_image_read_config(&b, NULL, image, err))
        return false;
    if (image->config.diff_id_count != json_array_size(layers))
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "its manifest has %zu layers and its configuration %zu",
                         json_array_size(layers), image->config.diff_id_count);
    image->layers = calloc(json_array_size(layers), sizeof(*image->layers));
    if (!image->layers)
        return pyro_no_memory(err, NULL);
    for (; image->layer_count < json_array_size(layers); image->layer_count++) {
        struct layer *layer = &image->layers[image->layer_count];
        const char *name = json_string_value(json_array_get(layers, image->layer_count));
        layer->diff_id = image->config.diff_ids[image->layer_count];
        if (!name || !archive_files_find(files, name, &layer->blob, err))
            return name ? false : pyro_fail(err, PYRO_CONTENT_REFUSED, "a layer has no name");
    }
    return true;
}

bool oci_image_from_archive(const struct archive_files *files, struct oci_image *ret,
                            struct pyro_error *err)
{
    scoped_json json_t *list = NULL;
    scoped_free void *bytes = NULL;
    struct blob b;

    *ret = (struct oci_image){ 0 };
    if (archive_files_find(files, "index.json", &b, NULL))
        return from_layout(files, ret, err);
    if (!archive_files_find(files, "manifest.json", &b, NULL))
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "the archive of an image has neither index.json nor manifest.json");
    if (!blob_read(&b, "its manifest.json", OCI_DOCUMENT_BYTES_MAX, &bytes, err))
        return false;
    list = json_parse(bytes, (size_t)b.size, OCI_DOCUMENT_BYTES_MAX, err);
    return list ? from_docker(files, list, ret, err)
                : pyro_recode(err, PYRO_CONTENT_REFUSED) != NULL;
}
