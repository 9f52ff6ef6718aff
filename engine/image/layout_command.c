/*
 * engine/image/layout_command.c: the sub-command disk-to-oci: a disk's file system as an image in
 * an archive, an OCI image layout (image-layout.md) of one layer.
 */
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "engine/image/command.h"
#include "engine/image/layout/layer_writer.h"
#include "engine/oci/config_write.h"
#include "vmm/base/fs.h"

#define MEDIA_TYPE "application/vnd.oci.image."
#define CONFIG_BYTES_MAX (256 * 1024)

struct layout_args {
    struct image_fds layers;
    int output_fd, config_fd;
    int64_t time_seconds;
    const char *name;
};

/* A JSON document as a blob: its descriptor, new. */
static json_t *add_document(struct blob_archive *a, json_t *document, const char *kind,
                            struct pyro_error *err)
{
    scoped_free char *text = document ? json_compact(document) : NULL;
    char digest[OCI_DIGEST_SIZE], media_type[100];
    uint64_t size;

    json_decref(document);
    if (!text)
        return pyro_no_memory(err, NULL);
    if (!blob_archive_open(a, err) || !blob_archive_add(a, text, strlen(text), err) ||
        !blob_archive_close(a, digest, &size, err))
        return NULL;
    snprintf(media_type, sizeof(media_type), MEDIA_TYPE "%s.v1+json", kind);
    return json_pack("{ss ss sI}", "mediaType", media_type, "digest", digest, "size",
                     (json_int_t)size);
}

static json_t *layer_descriptor(const struct written_layer *layer)
{
    return json_pack("{ss ss sI}", "mediaType", MEDIA_TYPE "layer.v1.tar+gzip", "digest",
                     layer->digest, "size", (json_int_t)layer->size);
}

/* Configuration, manifest and index: the manifest's descriptor, new. */
static json_t *add_documents(struct blob_archive *a, const struct layout_args *args,
                             const json_t *saved, const struct written_layer *layer,
                             struct pyro_error *err)
{
    time_t now = (time_t)args->time_seconds;
    char created[40];
    struct tm tm;
    json_t *config, *manifest;
    scoped_json json_t *index = NULL;
    scoped_free char *text = NULL;

    strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    config = add_document(a, oci_config_write(saved, json_pack("[s]", layer->diff_id), created),
                          "config", err);
    if (!config)
        return NULL;
    manifest = add_document(a,
                            json_pack("{si ss so s[o]}", "schemaVersion", 2, "mediaType",
                                      MEDIA_TYPE "manifest.v1+json", "config", config, "layers",
                                      layer_descriptor(layer)),
                            "manifest", err);
    if (!manifest)
        return NULL;
    json_object_set_new(manifest, "platform",
                        json_pack("{ss ss}", "architecture", "amd64", "os", "linux"));
    json_object_set_new(manifest, "annotations",
                        json_pack("{ss}", "org.opencontainers.image.ref.name", args->name));
    index = json_pack("{si ss s[O]}", "schemaVersion", 2, "mediaType", MEDIA_TYPE "index.v1+json",
                      "manifests", manifest);
    text = index ? json_compact(index) : NULL;
    if (text && blob_archive_file(a, "index.json", text, strlen(text), err))
        return manifest;
    json_decref(manifest);
    return text ? NULL : pyro_no_memory(err, NULL);
}

static json_t *write_archive(const struct layout_args *args, struct view *v, const json_t *saved,
                             struct pyro_error *err)
{
    scoped_blob_archive a = { 0 };
    scoped_json json_t *manifest = NULL;
    struct written_layer layer;
    uint64_t bytes;

    if (!blob_archive_begin(&a, args->output_fd, err) || !layer_write(&a, v, &layer, err))
        return NULL;
    manifest = add_documents(&a, args, saved, &layer, err);
    if (!manifest || !blob_archive_end(&a, &bytes, err))
        return NULL;
    return json_pack("{sI sI sO}", "entry_count", (json_int_t)layer.entries, "bytes_written",
                     (json_int_t)bytes, "digest", json_object_get(manifest, "digest"));
}

static json_t *layout_command_run(const void *void_args, struct pyro_error *err)
{
    const struct layout_args *args = void_args;
    scoped_buf text = BUF_INIT(CONFIG_BYTES_MAX);
    scoped_json json_t *saved = NULL;
    json_t *result = NULL;
    struct chain *chain = NULL;
    struct view *view = NULL;

    if (!fs_read_fd(args->config_fd, &text))
        return pyro_fail_errno(err, "read the configuration");
    saved = json_parse(text.data ? text.data : "", text.len, CONFIG_BYTES_MAX, err);
    if (saved && chain_open(args->layers.items, args->layers.count, &chain, err) &&
        view_open((struct disk_version){ chain, args->layers.count - 1 }, &view, err))
        result = write_archive(args, view, saved, err);
    view_free(view);
    chain_free(chain);
    return result;
}

static const struct image_option layout_options[] = {
    { "layer-fds", IMAGE_OPTION_FDS, offsetof(struct layout_args, layers), true },
    { "output-fd", IMAGE_OPTION_FD, offsetof(struct layout_args, output_fd), true },
    { "config-fd", IMAGE_OPTION_FD, offsetof(struct layout_args, config_fd), true },
    { "time", IMAGE_OPTION_SIZE, offsetof(struct layout_args, time_seconds), true },
    { "name", IMAGE_OPTION_TEXT, offsetof(struct layout_args, name), true },
};

const struct image_command image_disk_to_oci = {
    .name = "disk-to-oci",
    .options = layout_options,
    .option_count = ARRAY_SIZE(layout_options),
    .args_size = sizeof(struct layout_args),
    .prepare = hash_prepare,
    .run = layout_command_run,
};
