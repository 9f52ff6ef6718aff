/* engine/fetch/signature.c: nothing is read from what is not signed, but where to find it. */
#include "engine/fetch/signature.h"

#include <string.h>

#include "vmm/base/base64.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"

#define SIMPLE_SIGNING "application/vnd.dev.cosign.simplesigning.v1+json"
#define BUNDLE_PREFIX "application/vnd.dev.sigstore.bundle"
#define ANNOTATION "dev.cosignproject.cosign/signature"
#define STATEMENT "application/vnd.in-toto+json"
#define DOCUMENT_MAX (4 * 1024 * 1024)

void signature_layers_release(struct signature_layers *l)
{
    for (size_t i = 0; i < l->count; i++)
        free(l->list[i].signature);
    l->count = 0;
}

static bool is_bundle(const char *media_type)
{
    return !strncmp(media_type, BUNDLE_PREFIX, strlen(BUNDLE_PREFIX));
}

void signature_layers_take(struct signature_layers *l, const char *bytes, size_t n)
{
    scoped_json json_t *manifest = json_parse(bytes, n, DOCUMENT_MAX, NULL);
    const json_t *layers = json_object_get(manifest, "layers");

    for (size_t i = 0; i < json_array_size(layers) && l->count < SIGNATURES_MAX; i++) {
        const json_t *layer = json_array_get(layers, i);
        struct signature_layer *at = &l->list[l->count];
        const char *signature =
            json_string_or(json_object_get(layer, "annotations"), ANNOTATION, NULL);
        if (!oci_descriptor_load(layer, "a signature", &at->blob, NULL) ||
            at->blob.size > SIGNATURE_PAYLOAD_MAX)
            continue;
        if (!is_bundle(at->blob.media_type) &&
            (!signature || strcmp(at->blob.media_type, SIMPLE_SIGNING) != 0))
            continue;
        at->signature = is_bundle(at->blob.media_type) ? NULL : str_printf("%s", signature);
        l->count++;
    }
}

bool signature_next_referrer(const char *bytes, size_t n, size_t *at, struct oci_descriptor *ret)
{
    scoped_json json_t *index = json_parse(bytes, n, DOCUMENT_MAX, NULL);
    const json_t *list = json_object_get(index, "manifests");

    while (*at < json_array_size(list)) {
        const json_t *entry = json_array_get(list, (*at)++);
        if (is_bundle(json_string_or(entry, "artifactType", "")) &&
            oci_descriptor_load(entry, "a signature", ret, NULL))
            return true;
    }
    return false;
}

/* --- payloads --- */

static bool decode(struct buf *to, const char *base64)
{
    return base64 && base64_decode(to, base64, strlen(base64)) && to->len;
}

static bool is_signed(const struct public_key *key, const void *bytes, size_t n, const char *base64)
{
    scoped_buf signature = BUF_INIT(SIGNATURE_BYTES_MAX);

    return decode(&signature, base64) &&
           public_key_verifies(key, bytes, n, signature.data, signature.len);
}

static bool names_image(const char *bytes, size_t n, const char *digest)
{
    scoped_json json_t *payload = json_parse(bytes, n, SIGNATURE_PAYLOAD_MAX, NULL);
    const json_t *critical = json_object_get(payload, "critical");
    const json_t *image = json_object_get(critical, "image");

    return !strcmp(json_string_or(critical, "type", ""), "cosign container image signature") &&
           !strcmp(json_string_or(image, "docker-manifest-digest", ""), digest);
}

/* --- bundles --- */

/* An in-toto statement whose only subject is the image, and which says that it is signed: one that
 * says something else of it, such as how it was built, is not a signature. */
static bool states_image(const char *bytes, size_t n, const char *digest)
{
    scoped_json json_t *statement = json_parse(bytes, n, SIGNATURE_PAYLOAD_MAX, NULL);
    const json_t *subjects = json_object_get(statement, "subject");
    const json_t *digests = json_object_get(json_array_get(subjects, 0), "digest");
    const char *colon = strchr(digest, ':');
    scoped_free char *algorithm = strndup(digest, (size_t)(colon - digest));

    return json_array_size(subjects) == 1 &&
           !strcmp(json_string_or(statement, "predicateType", ""),
                   "https://sigstore.dev/cosign/sign/v1") &&
           !strcmp(json_string_or(digests, algorithm, ""), colon + 1);
}

static bool envelope_is_good(const json_t *envelope, const struct public_key *key,
                             const char *digest)
{
    scoped_buf payload = BUF_INIT(SIGNATURE_PAYLOAD_MAX);
    scoped_buf message = BUF_INIT(SIGNATURE_PAYLOAD_MAX + 256);
    const json_t *signatures = json_object_get(envelope, "signatures");
    bool is_good = false;

    if (strcmp(json_string_or(envelope, "payloadType", ""), STATEMENT) != 0 ||
        !decode(&payload, json_string_or(envelope, "payload", NULL)) ||
        !buf_printf(&message, "DSSEv1 %zu %s %zu ", strlen(STATEMENT), STATEMENT, payload.len) ||
        !buf_append(&message, payload.data, payload.len))
        return false;
    for (size_t i = 0; i < json_array_size(signatures) && i < SIGNATURES_MAX && !is_good; i++)
        is_good = is_signed(key, message.data, message.len,
                            json_string_or(json_array_get(signatures, i), "sig", NULL));
    return is_good && states_image(payload.data, payload.len, digest);
}

bool signature_is_good(const struct signature_layer *layer, const char *bytes, size_t n,
                       const struct public_key *key, const char *digest)
{
    scoped_json json_t *bundle = NULL;

    if (layer->signature)
        return is_signed(key, bytes, n, layer->signature) && names_image(bytes, n, digest);
    bundle = json_parse(bytes, n, SIGNATURE_PAYLOAD_MAX, NULL);
    return envelope_is_good(json_object_get(bundle, "dsseEnvelope"), key, digest);
}
