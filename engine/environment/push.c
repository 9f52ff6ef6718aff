/*
 * engine/environment/push.c: the registry is asked what it has of the layers below, those that are
 * missing there and here are fetched from where they came from, the layer above is written to a file
 * without a name, and all that is sent.
 */
#include "engine/environment/push.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/environment/environment_record.h"
#include "engine/environment/layout.h"
#include "engine/oci/layer_type.h"
#include "engine/registry/fetch.h"
#include "engine/registry/push.h"
#include "engine/registry/store.h"
#include "engine/state/paths.h"
#include "vmm/base/fs.h"

struct push {
    struct registry_wish wish;
    struct environment environment;
    struct environment_record record;
    json_t *base_layers;   /* borrowed, of the record; NULL: all of it is one layer */
    struct reference base; /* where they came from */
    int blobs_fd, archive_fd;
    json_t *layout;              /* what environment_layout() says */
    struct registry_parts parts; /* the base's that are missing there, then those of the archive */
    int64_t sent_bytes;
};

static void push_release(struct push *p)
{
    for (unsigned i = 0; i < p->parts.count; i++)
        if (p->parts.list[i].fd >= 0 && p->parts.list[i].fd != p->archive_fd)
            close(p->parts.list[i].fd);
    cleanup_close(&p->archive_fd);
    cleanup_close(&p->blobs_fd);
    json_decref(p->layout);
    environment_record_release(&p->record);
    environment_release(&p->environment);
}
#define scoped_push __attribute__((cleanup(push_release))) struct push

/* --- the layers below --- */

static bool are_layers(const json_t *layers)
{
    for (size_t i = 0; i < json_array_size(layers); i++) {
        const json_t *layer = json_array_get(layers, i);
        enum oci_compression compression;
        if (!oci_digest_is_valid(json_string_or(layer, "digest", "")) ||
            !oci_compression_of(json_string_or(layer, "compression", NULL), &compression))
            return false;
    }
    return json_array_size(layers) > 0;
}

/* Those of the image that its disk is based on, if that is known, and a registry had it. */
static void find_base(struct push *p)
{
    const struct environment_record *r = &p->record;
    json_t *layers = r->base ? json_object_get(r->base, "layers") : r->layers;
    const char *reference = r->base ? json_string_or(r->base, "reference", NULL) : r->reference;
    const char *digest =
        r->base ? json_string_or(r->base, "reference_digest", NULL) : r->reference_digest;
    const char *source = r->base ? json_string_or(r->base, "source_digest", "") : r->image.digest;

    if (!reference || !digest || !oci_digest_is_valid(digest) || !are_layers(layers) ||
        strcmp(source, r->image.digest) != 0 || !reference_parse(reference, &p->base, NULL))
        return;
    p->base_layers = layers;
    memcpy(p->base.digest, digest, strlen(digest) + 1);
    if (!strcmp(p->base.host, p->wish.reference.host) &&
        strcmp(p->base.repository, p->wish.reference.repository) != 0)
        p->parts.mount_from = p->base.repository;
}

/* Asks which of them the registry does not have; with no layers, only whether it lets us in. */
static bool ask(struct push *p, json_t **ret_missing, struct pyro_error *err)
{
    struct registry_parts parts = { .mount_from = p->parts.mount_from };
    scoped_registry_pushed pushed = { 0 };

    for (size_t i = 0; i < json_array_size(p->base_layers); i++) {
        const json_t *layer = json_array_get(p->base_layers, i);
        if (!registry_parts_add(&parts, json_string_or(layer, "digest", ""),
                                json_int_or(layer, "size_bytes", -1), 0, -1, err))
            return false;
    }
    if (!registry_push(&p->wish, &parts, &pushed, err))
        return false;
    *ret_missing = json_incref(pushed.missing);
    return true;
}

static int64_t size_of(const json_t *layers, const char *digest)
{
    for (size_t i = 0; i < json_array_size(layers); i++)
        if (!strcmp(json_string_or(json_array_get(layers, i), "digest", ""), digest))
            return json_int_or(json_array_get(layers, i), "size_bytes", 0);
    return -1;
}

/* Those of them that this host has no more come from where they came from first. */
static bool fetch(struct push *p, const json_t *missing, struct pyro_error *err)
{
    scoped_json json_t *blobs = json_array();
    struct registry_wish wish = p->wish;
    struct registry_image image = { .blobs = blobs };

    wish.reference = p->base;
    for (size_t i = 0; i < json_array_size(missing); i++) {
        const char *digest = json_string_value(json_array_get(missing, i));
        json_array_append_new(blobs, json_pack("{s:s, s:I}", "digest", digest, "size",
                                               (json_int_t)size_of(p->base_layers, digest)));
    }
    return registry_fetch(&wish, p->blobs_fd, &image, NULL, err);
}

static bool add_missing(struct push *p, const json_t *missing, struct pyro_error *err)
{
    for (size_t i = 0; i < json_array_size(missing); i++) {
        const char *digest = json_string_value(json_array_get(missing, i));
        char name[OCI_DIGEST_SIZE];
        int fd;
        oci_blob_name(digest, name);
        fd = openat(p->blobs_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return pyro_fail_errno(err, "open '%s'", name);
        if (!registry_parts_add(&p->parts, digest, size_of(p->base_layers, digest), 0, fd, err)) {
            close(fd);
            return false;
        }
    }
    return true;
}

/* Without a base where they are no longer available. */
static bool take_base(struct push *p, struct pyro_error *err)
{
    scoped_json json_t *missing = NULL;
    scoped_free char *note = NULL;
    struct pyro_error why = { 0 };

    find_base(p);
    if (!ask(p, &missing, err))
        return false;
    if (!json_array_size(missing))
        return true;
    if (fetch(p, missing, &why))
        return add_missing(p, missing, err);
    if (why.code != PYRO_PULL_FAILED && why.code != PYRO_TIMEOUT &&
        why.code != PYRO_ENVIRONMENT_NOT_FOUND)
        return pyro_copy(err, &why);
    note =
        str_printf("the layers that %s is based on are no longer available (%s): all of it is one",
                   p->environment.name, why.message);
    progress_note(p->wish.progress, note);
    p->base_layers = NULL;
    return true;
}

/* --- what is sent --- */

static bool check_digest(const struct push *p, const char *digest, struct pyro_error *err)
{
    const char *wanted = p->wish.reference.digest;

    if (!*wanted || !strcmp(wanted, digest))
        return true;
    pyro_fail(err, PYRO_INVALID_ARGUMENT,
              "environment %s is %.19s… as an image, and not what the reference names",
              p->environment.name, digest);
    return pyro_hint(err, "name a tag, or no digest");
}

static bool write_archive(struct push *p, struct pyro_error *err)
{
    const json_t *blobs;

    p->archive_fd = openat(p->blobs_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    if (p->archive_fd < 0)
        return pyro_fail_errno(err, "create a file in the cache");
    p->layout =
        environment_layout(&p->environment, p->base_layers, p->archive_fd, p->wish.progress, err);
    if (!p->layout)
        return false;
    blobs = json_object_get(p->layout, "blobs");
    for (size_t i = 0; i < json_array_size(blobs); i++) {
        const json_t *blob = json_array_get(blobs, i);
        if (!registry_parts_add(&p->parts, json_string_or(blob, "digest", ""),
                                json_int_or(blob, "size", -1), json_int_or(blob, "offset", 0),
                                p->archive_fd, err))
            return false;
    }
    p->parts.manifest = json_string_or(p->layout, "digest", "");
    return check_digest(p, p->parts.manifest, err);
}

static bool send(struct push *p, struct pyro_error *err)
{
    scoped_registry_pushed pushed = { 0 };

    if (!registry_push(&p->wish, &p->parts, &pushed, err))
        return false;
    p->sent_bytes = pushed.sent_bytes;
    return !json_array_size(pushed.missing) ||
           pyro_fail(err, PYRO_PUSH_FAILED, "the registry has lost a layer that it had");
}

static bool open_all(struct push *p, const char *name, struct pyro_error *err)
{
    scoped_free char *cache_dir = paths_environments(err);

    if (!cache_dir || !environment_open(name, &p->environment, err) ||
        !environment_record_load(cache_dir, p->environment.name, &p->record, err))
        return false;
    p->blobs_fd = blobs_open(err);
    return p->blobs_fd >= 0;
}

json_t *environment_push(const char *name, const char *reference, const char *ca_file,
                         const struct progress *progress, struct pyro_error *err)
{
    scoped_push p = { .wish = { .ca_file = ca_file, .progress = progress },
                      .blobs_fd = -1,
                      .archive_fd = -1 };
    char full[REFERENCE_SIZE];

    if (!reference_parse(reference, &p.wish.reference, err) || !open_all(&p, name, err) ||
        !take_base(&p, err) || !write_archive(&p, err) || !send(&p, err))
        return NULL;
    reference_write(&p.wish.reference, full);
    return json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "name", p.environment.name, "reference", full,
        "digest", p.parts.manifest, "layer_count", json_int_or(p.layout, "layer_count", 0),
        "base_layer_count", (json_int_t)json_array_size(p.base_layers), "entry_count",
        json_int_or(p.layout, "entry_count", 0), "sent_bytes", (json_int_t)p.sent_bytes);
}
