/*
 * engine/image/oci_command.c: the sub-commands oci-to-ext4 (an image whose blobs are files) and
 * archive-to-ext4 (a root file system, or an image in an archive, told apart by content).
 */
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "engine/image/command.h"
#include "engine/image/jail.h"
#include "engine/image/tar/inflating.h"
#include "engine/image/tar/oci_image.h"
#include "engine/image/tar/root.h"
#include "engine/image/tar/source.h"
#include "vmm/base/fs.h"

#define SIZE_BYTES_DEFAULT (10LL << 30)
#define CONFIG_BYTES_MAX (96 * 1024) /* that a record keeps */

struct oci_args {
    int output_fd, manifest_fd, config_fd, scratch_fd, arrivals_fd, base_fd;
    struct image_fds layer_fds;
    struct image_list base_layers, base_supplied;
    int64_t size_bytes, time_seconds;
    const char *digest;
};

static bool oci_command_prepare(struct pyro_error *err)
{
    return inflating_prepare(jail_enter, err);
}

static struct ext4_spec spec_of(const struct oci_args *args)
{
    struct ext4_spec spec = {
        .fd = args->output_fd,
        .size_bytes = args->size_bytes ? args->size_bytes : SIZE_BYTES_DEFAULT,
        .now = args->time_seconds ? args->time_seconds : (int64_t)time(NULL),
    };

    random_bytes(spec.uuid, sizeof(spec.uuid));
    return spec;
}

static json_t *counts_object(const struct tar_counts *counts, const struct ext4_spec *spec)
{
    return json_pack("{sI sI sI sI sI}", "members", (json_int_t)counts->members, "inodes",
                     (json_int_t)counts->inodes, "used_bytes", (json_int_t)counts->used_bytes,
                     "size_bytes", (json_int_t)spec->size_bytes, "skipped_xattrs",
                     (json_int_t)counts->skipped_xattrs);
}

/* Labels are for show: they go before the rest does. */
static json_t *config_object(const struct oci_config *config, struct pyro_error *err)
{
    json_t *object = oci_config_save(config);

    if (object && json_dumpb(object, NULL, 0, 0) > CONFIG_BYTES_MAX)
        json_object_set_new(object, "labels", json_object());
    if (object && json_dumpb(object, NULL, 0, 0) > CONFIG_BYTES_MAX) {
        json_decref(object);
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "its configuration is larger than %d bytes",
                         CONFIG_BYTES_MAX);
    }
    return object ? object : pyro_no_memory(err, NULL);
}

static json_t *layers_object(const struct oci_image *image)
{
    json_t *list = json_array();

    for (size_t i = 0; i < image->layer_count; i++) {
        const struct layer *layer = &image->layers[i];
        enum oci_compression compression;
        json_t *object =
            json_pack("{so ss sI}", "digest", json_string_or_null(layer->digest), "diff_id",
                      layer->diff_id, "size_bytes", (json_int_t)layer->blob.size);
        if (blob_compression(&layer->blob, &compression, NULL))
            json_object_set_new(object, "compression",
                                json_string(oci_compression_name(compression)));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *unpack(const struct oci_image *image, const struct ext4_spec *spec,
                      struct pyro_error *err)
{
    scoped_json json_t *config = config_object(&image->config, err);
    scoped_json json_t *supplied = NULL;
    struct tar_counts counts;
    json_t *result;

    if (!config || !oci_image_unpack(image, spec, &counts, &supplied, err))
        return NULL;
    result = counts_object(&counts, spec);
    if (supplied)
        json_object_set(result, "supplied", supplied);
    json_object_set(result, "config", config);
    json_object_set_new(result, "layers", layers_object(image));
    json_object_set_new(result, "config_digest", json_string(image->config_digest));
    if (*image->digest)
        json_object_set_new(result, "digest", json_string(image->digest));
    if (image->reference)
        json_object_set_new(result, "reference",
                            json_string_lossy(image->reference, strlen(image->reference)));
    return result;
}

/* All layers of the image. Those that the base image has are not given as files. */
static bool find_layers(const struct oci_args *args, struct blob ret[IMAGE_FDS_MAX],
                        size_t *ret_count, struct pyro_error *err)
{
    size_t base = args->base_layers.count, count = base + args->layer_fds.count;

    if (count > IMAGE_FDS_MAX || (base > 0) != (args->base_fd >= 0))
        return pyro_fail(err, PYRO_USAGE, "--base-layer and --layer-fds do not fit each other");
    for (size_t i = 0; i < count; i++) {
        if (i < base)
            ret[i] = (struct blob){ .fd = -1 };
        else if (!blob_of_file(args->layer_fds.items[i - base], &ret[i], err))
            return false;
        if (i < base || args->arrivals_fd >= 0)
            ret[i].size = BLOB_TO_COME;
    }
    *ret_count = count;
    return true;
}

static json_t *oci_command_run(const void *void_args, struct pyro_error *err)
{
    const struct oci_args *args = void_args;
    struct ext4_spec spec = spec_of(args);
    struct blob manifest, config, layers[IMAGE_FDS_MAX];
    const struct base_image base = { .fd = args->base_fd,
                                     .supplied = args->base_supplied.items,
                                     .supplied_count = args->base_supplied.count };
    scoped_oci_image image = { 0 };
    size_t count = 0;

    if (!blob_of_file(args->manifest_fd, &manifest, err) ||
        !blob_of_file(args->config_fd, &config, err) || !find_layers(args, layers, &count, err))
        return NULL;
    inflating_watch(args->arrivals_fd);
    if (!oci_image_from_blobs(&manifest, args->digest, &config, layers, count, &image, err))
        return NULL;
    if (args->base_layers.count &&
        !oci_image_set_base(&image, &base, args->base_layers.items, args->base_layers.count, err))
        return NULL;
    return unpack(&image, &spec, err);
}

static json_t *unpack_archive(struct archive *a, struct archive_entry *entry,
                              const struct oci_args *args, const struct ext4_spec *spec,
                              struct pyro_error *err)
{
    struct archive_files files = { .scratch_fd = args->scratch_fd };
    scoped_oci_image image = { 0 };
    json_t *result = NULL;

    if (archive_files_take(&files, a, entry, err) && oci_image_from_archive(&files, &image, err))
        result = unpack(&image, spec, err);
    archive_files_release(&files);
    return result;
}

static json_t *unpack_root(struct archive *a, struct archive_entry *entry, struct tar_image *image,
                           const struct ext4_spec *spec, struct pyro_error *err)
{
    struct tar_counts counts;

    if (!tar_image_add(image, a, 0, entry, err) ||
        !root_complete(tar_image_tree(image), NULL, spec->now, err) ||
        !tar_image_finish(image, &counts, err))
        return NULL;
    return counts_object(&counts, spec);
}

/* The next member's header; NULL at the end, or on failure. */
static struct archive_entry *next_entry(struct archive *a, struct pyro_error *err)
{
    struct archive_entry *entry;
    int rc = archive_read_next_header(a, &entry);

    if (rc == ARCHIVE_OK || rc == ARCHIVE_WARN)
        return entry;
    if (rc == ARCHIVE_EOF)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "the archive is empty");
    source_fail(a, "it is not a tar archive", err);
    return NULL;
}

/* The root's own member, where it comes first, says nothing of what is in the archive. */
static json_t *oci_command_run_archive(const void *void_args, struct pyro_error *err)
{
    const struct oci_args *args = void_args;
    struct ext4_spec spec = spec_of(args);
    scoped_archive_read *a = source_new_tar(err);
    scoped_tar_image *image = NULL;
    struct archive_entry *entry;

    if (!a)
        return NULL;
    if (!source_open_fd(a, 0, err))
        return pyro_wrap(err, "it is not a tar archive");
    if (!(entry = next_entry(a, err)) || !(image = tar_image_new(&spec, err)))
        return NULL;
    if (archive_entry_pathname(entry) && tree_is_root(archive_entry_pathname(entry)) &&
        (!tar_image_add_member(image, a, entry, err) || !(entry = next_entry(a, err))))
        return NULL;
    if (!archive_entry_pathname(entry) || !oci_image_is_archive(archive_entry_pathname(entry)))
        return unpack_root(a, entry, image, &spec, err);
    tar_image_free(take_ptr(&image));
    return unpack_archive(a, entry, args, &spec, err);
}

/*
 * With arrivals_fd, a pipe (engine/oci/arrival.h), the layers may still be on their way. With base_fd,
 * the image of an environment, the lowest layers are not given: their diff_ids are --base-layer, and
 * what that image has beside them --base-supplied.
 */
static const struct image_option oci_options[] = {
    { "output-fd", IMAGE_OPTION_FD, offsetof(struct oci_args, output_fd), true },
    { "manifest-fd", IMAGE_OPTION_FD, offsetof(struct oci_args, manifest_fd), true },
    { "config-fd", IMAGE_OPTION_FD, offsetof(struct oci_args, config_fd), true },
    { "layer-fds", IMAGE_OPTION_FDS, offsetof(struct oci_args, layer_fds), false },
    { "base-fd", IMAGE_OPTION_FD, offsetof(struct oci_args, base_fd), false },
    { "base-layer", IMAGE_OPTION_LIST, offsetof(struct oci_args, base_layers), false },
    { "base-supplied", IMAGE_OPTION_LIST, offsetof(struct oci_args, base_supplied), false },
    { "arrivals-fd", IMAGE_OPTION_FD, offsetof(struct oci_args, arrivals_fd), false },
    { "digest", IMAGE_OPTION_TEXT, offsetof(struct oci_args, digest), true },
    { "size-bytes", IMAGE_OPTION_SIZE, offsetof(struct oci_args, size_bytes), false },
    { "time", IMAGE_OPTION_SIZE, offsetof(struct oci_args, time_seconds), false },
};

const struct image_command image_oci_to_ext4 = {
    .name = "oci-to-ext4",
    .options = oci_options,
    .option_count = ARRAY_SIZE(oci_options),
    .args_size = sizeof(struct oci_args),
    .prepare = oci_command_prepare,
    .run = oci_command_run,
};

/* The scratch file is where the files of an image wait until all have come. */
static const struct image_option archive_options[] = {
    { "output-fd", IMAGE_OPTION_FD, offsetof(struct oci_args, output_fd), true },
    { "scratch-fd", IMAGE_OPTION_FD, offsetof(struct oci_args, scratch_fd), true },
    { "size-bytes", IMAGE_OPTION_SIZE, offsetof(struct oci_args, size_bytes), false },
    { "time", IMAGE_OPTION_SIZE, offsetof(struct oci_args, time_seconds), false },
};

const struct image_command image_archive_to_ext4 = {
    .name = "archive-to-ext4",
    .options = archive_options,
    .option_count = ARRAY_SIZE(archive_options),
    .args_size = sizeof(struct oci_args),
    .prepare = oci_command_prepare,
    .run = oci_command_run_archive,
};
