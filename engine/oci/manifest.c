/* engine/oci/manifest.c: indexes and manifests, checked. */
#include "engine/oci/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/buf.h"

#define OFFER_BYTES_MAX 300

static const struct {
    const char *media_type;
    enum oci_kind kind;
} kinds[] = {
    { "application/vnd.oci.image.index.v1+json", OCI_INDEX },
    { "application/vnd.docker.distribution.manifest.list.v2+json", OCI_INDEX },
    { "application/vnd.oci.image.manifest.v1+json", OCI_MANIFEST },
    { "application/vnd.docker.distribution.manifest.v2+json", OCI_MANIFEST },
};

static const char *const config_types[] = {
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
};

/* How one is compressed its first bytes say: names of compressions lie. */
static const char *const layer_types[] = {
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
};

const struct oci_platform oci_platform_host = { .os = "linux", .architecture = "amd64" };

static bool is_in(const char *text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(list[i], text))
            return true;
    return false;
}

/* Without its parameters ("; charset=utf-8") and the blanks around it. */
static bool plain_media_type(const char *text, char ret[OCI_MEDIA_TYPE_SIZE])
{
    size_t n;

    text += strspn(text, " \t");
    n = strcspn(text, "; \t");
    if (n >= OCI_MEDIA_TYPE_SIZE)
        return false;
    memcpy(ret, text, n);
    ret[n] = '\0';
    return true;
}

bool oci_kind_of(const char *media_type, enum oci_kind *ret, struct pyro_error *err)
{
    char plain[OCI_MEDIA_TYPE_SIZE];
    bool known = plain_media_type(media_type, plain);

    for (size_t i = 0; known && i < ARRAY_SIZE(kinds); i++) {
        if (strcmp(kinds[i].media_type, plain) != 0)
            continue;
        *ret = kinds[i].kind;
        return true;
    }
    if (known && !strncmp(plain, "application/vnd.docker.distribution.manifest.v1+",
                          strlen("application/vnd.docker.distribution.manifest.v1+")))
        return pyro_fail(
            err, PYRO_CONTENT_REFUSED,
            "its manifest is of Docker's schema 1, which has been obsolete since 2017: "
            "it has to be pushed again by a newer client");
    return pyro_fail(err, PYRO_CONTENT_REFUSED, "'%.100s' is neither a manifest nor an index",
                     media_type);
}

/* The kind by what it was served as, what it says itself, and what it has. */
static bool find_kind(const json_t *object, const char *media_type, enum oci_kind *ret,
                      struct pyro_error *err)
{
    const json_t *said = json_object_get(object, "mediaType");
    bool has_manifests = json_object_get(object, "manifests") != NULL;
    bool has_layers = json_object_get(object, "layers") || json_object_get(object, "config");
    char plain[OCI_MEDIA_TYPE_SIZE];
    enum oci_kind has = has_manifests ? OCI_INDEX : OCI_MANIFEST;

    if (said && !json_is_null(said) && !json_is_string(said))
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "its media type is not a text");
    if (json_is_string(said) && media_type &&
        (!plain_media_type(media_type, plain) || strcmp(plain, json_string_value(said)) != 0))
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "it was described as '%.100s', and says itself that it is '%.100s'",
                         media_type, json_string_value(said));
    if (has_manifests && has_layers)
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "it has both 'manifests' and 'layers': two readers could take it for two "
                         "different images");
    if (!has_manifests && !has_layers)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "it has neither 'manifests' nor 'layers'");
    media_type = json_is_string(said) ? json_string_value(said) : media_type;
    if (media_type && !oci_kind_of(media_type, ret, err))
        return false;
    if (media_type && *ret != has)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "it is not what its media type '%.100s' says",
                         media_type);
    *ret = has;
    return true;
}

static bool load_layers(const json_t *list, struct oci_manifest *m, struct pyro_error *err)
{
    size_t n = json_array_size(list);

    if (!json_is_array(list) || n == 0)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "the image has no layers");
    if (n > OCI_LAYERS_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "the image has %zu layers, more than %d", n,
                         OCI_LAYERS_MAX);
    m->layers = calloc(n, sizeof(*m->layers));
    if (!m->layers)
        return pyro_no_memory(err, NULL);
    for (m->layer_count = 0; m->layer_count < n; m->layer_count++) {
        struct oci_descriptor *layer = &m->layers[m->layer_count];
        char what[32];
        snprintf(what, sizeof(what), "layer %zu", m->layer_count + 1);
        if (!oci_descriptor_load(json_array_get(list, m->layer_count), what, layer, err))
            return false;
        if (!is_in(layer->media_type, layer_types, ARRAY_SIZE(layer_types)))
            return pyro_fail(err, PYRO_CONTENT_REFUSED,
                             "%s is a '%.100s', which is not a layer of an image", what,
                             layer->media_type);
        if (layer->size > OCI_BLOB_BYTES_MAX - m->layer_bytes)
            return pyro_fail(err, PYRO_CONTENT_REFUSED, "its layers are larger than %lld bytes",
                             (long long)OCI_BLOB_BYTES_MAX);
        m->layer_bytes += layer->size;
    }
    return true;
}

static bool load_manifest(const json_t *object, struct oci_manifest *m, struct pyro_error *err)
{
    if (!oci_descriptor_load(json_object_get(object, "config"), "its configuration", &m->config,
                             err))
        return false;
    if (!is_in(m->config.media_type, config_types, ARRAY_SIZE(config_types)))
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "it is not an image: its configuration is a '%.100s'",
                         m->config.media_type);
    if (m->config.size > (int64_t)OCI_DOCUMENT_BYTES_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "its configuration is larger than %zu bytes",
                         OCI_DOCUMENT_BYTES_MAX);
    return load_layers(json_object_get(object, "layers"), m, err);
}

/* A word that is too long becomes "?", which nothing asks for. */
static void copy_word(const json_t *object, const char *name, char *ret, size_t size)
{
    const char *text = json_string_or(object, name, "");

    snprintf(ret, size, "%s", strlen(text) < size ? text : "?");
}

static bool is_image(const json_t *entry, enum oci_kind *ret_kind)
{
    const json_t *annotations = json_object_get(entry, "annotations");
    const char *platform_os = json_string_or(json_object_get(entry, "platform"), "os", "");

    return !json_string_or(entry, "artifactType", NULL) && strcmp(platform_os, "unknown") != 0 &&
           !json_string_or(annotations, "vnd.docker.reference.type", NULL) &&
           oci_kind_of(json_string_or(entry, "mediaType", ""), ret_kind, NULL);
}

static bool load_entry(const json_t *object, struct oci_index *index, struct pyro_error *err)
{
    struct oci_index_entry *e = &index->entries[index->count];
    const json_t *platform = json_object_get(object, "platform");
    const char *reference = json_string_or(json_object_get(object, "annotations"),
                                           "org.opencontainers.image.ref.name", NULL);

    if (!is_image(object, &e->kind))
        return true;
    if (!oci_descriptor_load(object, "an entry of the index", &e->descriptor, err))
        return false;
    if (e->descriptor.size > (int64_t)OCI_DOCUMENT_BYTES_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "a manifest is larger than %zu bytes",
                         OCI_DOCUMENT_BYTES_MAX);
    copy_word(platform, "os", e->platform.os, sizeof(e->platform.os));
    copy_word(platform, "architecture", e->platform.architecture, sizeof(e->platform.architecture));
    copy_word(platform, "variant", e->platform.variant, sizeof(e->platform.variant));
    e->reference = reference ? strdup(reference) : NULL;
    if (reference && !e->reference)
        return pyro_no_memory(err, NULL);
    index->count++;
    return true;
}

static bool load_index(const json_t *object, struct oci_index *index, struct pyro_error *err)
{
    const json_t *list = json_object_get(object, "manifests");
    size_t n = json_array_size(list);

    if (!json_is_array(list))
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "'manifests' is not a list");
    if (n > OCI_INDEX_ENTRIES_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "the index has %zu entries, more than %d", n,
                         OCI_INDEX_ENTRIES_MAX);
    index->entries = calloc(n + 1, sizeof(*index->entries));
    if (!index->entries)
        return pyro_no_memory(err, NULL);
    for (size_t i = 0; i < n; i++)
        if (!load_entry(json_array_get(list, i), index, err))
            return false;
    return true;
}

void oci_document_release(struct oci_document *d)
{
    for (size_t i = 0; i < d->index.count; i++)
        free(d->index.entries[i].reference);
    free(d->index.entries);
    free(d->manifest.layers);
    *d = (struct oci_document){ 0 };
}

bool oci_document_parse(const void *bytes, size_t n, const char *media_type,
                        struct oci_document *ret, struct pyro_error *err)
{
    scoped_json json_t *object = NULL;
    struct pyro_error why = { 0 };

    *ret = (struct oci_document){ 0 };
    object = json_parse(bytes, n, OCI_DOCUMENT_BYTES_MAX, &why);
    if (!object)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "it is not a manifest: %.300s", why.message);
    if (!json_is_object(object) || json_int_or(object, "schemaVersion", 0) != 2)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "it is not a manifest of schema version 2");
    if (!find_kind(object, media_type, &ret->kind, err))
        return false;
    return ret->kind == OCI_INDEX ? load_index(object, &ret->index, err)
                                  : load_manifest(object, &ret->manifest, err);
}

/* 1 for the lowest variant of a processor, 0 for an unknown one. */
static unsigned variant_rank(const char *variant)
{
    if (!*variant)
        return 1;
    return variant[0] == 'v' && variant[1] >= '1' && variant[1] <= '9' && !variant[2]
               ? (unsigned)(variant[1] - '0')
               : 0;
}

static bool fits(const struct oci_platform *has, const struct oci_platform *wanted)
{
    return !strcmp(has->os, wanted->os) && !strcmp(has->architecture, wanted->architecture) &&
           variant_rank(has->variant) == variant_rank(wanted->variant) &&
           variant_rank(has->variant) != 0;
}

static void *fail_platforms(const struct oci_index *index, const struct oci_platform *wanted,
                            struct pyro_error *err)
{
    scoped_buf offer = BUF_INIT(OFFER_BYTES_MAX);

    for (size_t i = 0; i < index->count; i++) {
        const struct oci_platform *p = &index->entries[i].platform;
        if (!buf_printf(&offer, "%s%s/%s%s%s", offer.len ? ", " : "", p->os, p->architecture,
                        *p->variant ? "/" : "", p->variant))
            break;
    }
    return pyro_fail(err, PYRO_CONTENT_REFUSED, "nothing in its index is for %s/%s%s%s", wanted->os,
                     wanted->architecture, offer.len ? ", only for " : "",
                     offer.len ? offer.data : "");
}

const struct oci_index_entry *oci_index_choose(const struct oci_index *index,
                                               const struct oci_platform *wanted,
                                               struct pyro_error *err)
{
    for (size_t i = 0; i < index->count; i++)
        if (fits(&index->entries[i].platform, wanted))
            return &index->entries[i];
    for (size_t i = 0; i < index->count; i++)
        if (!*index->entries[i].platform.os && !*index->entries[i].platform.architecture)
            return &index->entries[i];
    return fail_platforms(index, wanted, err);
}

bool oci_platform_check(const struct oci_platform *has, const struct oci_platform *wanted,
                        struct pyro_error *err)
{
    if (!strcmp(has->os, wanted->os) && !strcmp(has->architecture, wanted->architecture))
        return true;
    return pyro_fail(err, PYRO_CONTENT_REFUSED, "the image is for %s/%s, not for %s/%s",
                     *has->os ? has->os : "?", *has->architecture ? has->architecture : "?",
                     wanted->os, wanted->architecture);
}
