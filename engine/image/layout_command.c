/*
 * engine/image/layout_command.c: the sub-command disk-to-oci: a disk's file system as an image in
 * an archive, an OCI image layout (image-layout.md). It has one layer; or, where the lowest layer of
 * the disk is an image of known layers, those (which are not in the archive) and one of what changed
 * since. What it is to say comes as {config, base_layers}, both of which may be missing.
 */
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "engine/image/command.h"
#include "engine/image/layout/layer_writer.h"
#include "engine/oci/config_write.h"
#include "engine/oci/layer_type.h"
#include "vmm/base/fs.h"

#define MEDIA_TYPE "application/vnd.oci.image."
#define CONFIG_BYTES_MAX (256 * 1024)

struct layout_args {
    struct image_fds layers;
    int output_fd, config_fd;
    int64_t time_seconds;
    const char *name;
};

/* What lies in the archive, and the document that names it. */
struct writing {
    const struct layout_args *args;
    struct blob_archive archive;
    json_t *blobs;              /* [{digest, size, offset}, …]: of this archive */
    json_t *layers, *diff_ids;  /* descriptors and digests, the lowest first */
    struct written_layer layer; /* the one written here */
};

static void writing_release(struct writing *w)
{
    blob_archive_release(&w->archive);
    json_decref(w->blobs);
    json_decref(w->layers);
    json_decref(w->diff_ids);
}
#define scoped_writing __attribute__((cleanup(writing_release))) struct writing

static json_t *descriptor(const char *media_type, const char *digest, int64_t size)
{
    return json_pack("{ss ss sI}", "mediaType", media_type, "digest", digest, "size",
                     (json_int_t)size);
}

/* Notes where a blob lies. */
static bool note_blob(struct writing *w, const struct written_blob *b, struct pyro_error *err)
{
    return json_array_append_new(w->blobs, json_pack("{ss sI sI}", "digest", b->digest, "size",
                                                     (json_int_t)b->size, "offset",
                                                     (json_int_t)b->offset)) == 0 ||
           pyro_no_memory(err, NULL);
}

/* A JSON document as a blob: its descriptor, new. */
static json_t *add_document(struct writing *w, json_t *document, const char *kind,
                            struct pyro_error *err)
{
    scoped_free char *text = document ? json_compact(document) : NULL;
    struct blob_archive *a = &w->archive;
    struct written_blob blob;
    char media_type[100];

    json_decref(document);
    if (!text)
        return pyro_no_memory(err, NULL);
    if (!blob_archive_open(a, err) || !blob_archive_add(a, text, strlen(text), err) ||
        !blob_archive_close(a, &blob, err) || !note_blob(w, &blob, err))
        return NULL;
    snprintf(media_type, sizeof(media_type), MEDIA_TYPE "%s.v1+json", kind);
    return descriptor(media_type, blob.digest, (int64_t)blob.size);
}

/* The layers below the one that is written, which lie elsewhere. */
static bool add_base(struct writing *w, const json_t *base, struct pyro_error *err)
{
    for (size_t i = 0; i < json_array_size(base); i++) {
        const json_t *layer = json_array_get(base, i);
        const char *digest, *diff_id;
        enum oci_compression compression;
        int64_t size;
        if (!json_get_string(layer, "digest", &digest, err) ||
            !json_get_string(layer, "diff_id", &diff_id, err) ||
            !json_get_int(layer, "size_bytes", 0, OCI_BLOB_BYTES_MAX, &size, err))
            return false;
        if (!oci_digest_is_valid(digest) || !oci_digest_is_valid(diff_id) ||
            !oci_compression_of(json_string_or(layer, "compression", NULL), &compression))
            return pyro_fail(err, PYRO_RECORD_INVALID,
                             "its record does not say what it is made of");
        json_array_append_new(w->layers,
                              descriptor(oci_layer_media_type(compression), digest, size));
        json_array_append_new(w->diff_ids, json_string(diff_id));
    }
    return true;
}

/* Nothing that changed makes no layer. */
static bool add_layer(struct writing *w, struct view *v, struct view *then, struct pyro_error *err)
{
    struct written_layer *layer = &w->layer;

    if (!layer_write(&w->archive, v, then, layer, err))
        return false;
    if (then && !layer->entries)
        return true;
    json_array_append_new(w->layers, descriptor(oci_layer_media_type(OCI_GZIP), layer->blob.digest,
                                                (int64_t)layer->blob.size));
    json_array_append_new(w->diff_ids, json_string(layer->diff_id));
    return note_blob(w, &layer->blob, err);
}

/* Configuration, manifest and index: the manifest's descriptor, new. */
static json_t *add_documents(struct writing *w, const json_t *saved, struct pyro_error *err)
{
    time_t now = (time_t)w->args->time_seconds;
    char created[40];
    struct tm tm;
    json_t *config, *manifest;
    scoped_json json_t *index = NULL;
    scoped_free char *text = NULL;

    strftime(created, sizeof(created), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
    config =
        add_document(w, oci_config_write(saved, json_incref(w->diff_ids), created), "config", err);
    if (!config)
        return NULL;
    manifest = add_document(w,
                            json_pack("{si ss so sO}", "schemaVersion", 2, "mediaType",
                                      MEDIA_TYPE "manifest.v1+json", "config", config, "layers",
                                      w->layers),
                            "manifest", err);
    if (!manifest)
        return NULL;
    json_object_set_new(manifest, "platform",
                        json_pack("{ss ss}", "architecture", "amd64", "os", "linux"));
    json_object_set_new(manifest, "annotations",
                        json_pack("{ss}", "org.opencontainers.image.ref.name", w->args->name));
    index = json_pack("{si ss s[O]}", "schemaVersion", 2, "mediaType", MEDIA_TYPE "index.v1+json",
                      "manifests", manifest);
    text = index ? json_compact(index) : NULL;
    if (text && blob_archive_file(&w->archive, "index.json", text, strlen(text), err))
        return manifest;
    json_decref(manifest);
    return text ? NULL : pyro_no_memory(err, NULL);
}

static json_t *write_archive(const struct layout_args *args, struct view *v, struct view *then,
                             const json_t *saved, const json_t *base, struct pyro_error *err)
{
    scoped_writing w = {
        .args = args, .blobs = json_array(), .layers = json_array(), .diff_ids = json_array()
    };
    scoped_json json_t *manifest = NULL;
    uint64_t bytes;

    if (!blob_archive_begin(&w.archive, args->output_fd, err) || !add_base(&w, base, err) ||
        !add_layer(&w, v, then, err))
        return NULL;
    manifest = add_documents(&w, saved, err);
    if (!manifest || !blob_archive_end(&w.archive, &bytes, err))
        return NULL;
    return json_pack("{sI sI sO sO sI}", "entry_count", (json_int_t)w.layer.entries,
                     "bytes_written", (json_int_t)bytes, "digest",
                     json_object_get(manifest, "digest"), "blobs", w.blobs, "layer_count",
                     (json_int_t)json_array_size(w.layers));
}

static json_t *read_json(int fd, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(CONFIG_BYTES_MAX);

    if (!fs_read_fd(fd, &text))
        return pyro_fail_errno(err, "read what the image is to say");
    return json_parse(text.data ? text.data : "", text.len, CONFIG_BYTES_MAX, err);
}

static json_t *layout_command_run(const void *void_args, struct pyro_error *err)
{
    const struct layout_args *args = void_args;
    scoped_json json_t *said = read_json(args->config_fd, err);
    const json_t *base = json_object_get(said, "base_layers");
    unsigned top = args->layers.count - 1;
    json_t *result = NULL;
    struct chain *chain = NULL;
    struct view *view = NULL, *then = NULL;

    if (said && chain_open(args->layers.items, args->layers.count, &chain, err) &&
        view_open((struct disk_version){ chain, top }, &view, err) &&
        (!json_array_size(base) || view_open((struct disk_version){ chain, 0 }, &then, err)))
        result = write_archive(args, view, then, json_object_get(said, "config"), base, err);
    view_free(then);
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
