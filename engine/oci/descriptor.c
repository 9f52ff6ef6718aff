/* engine/oci/descriptor.c: digests and descriptors, checked. */
#include "engine/oci/descriptor.h"

#include <string.h>

bool oci_digest_is_valid(const char *text)
{
    static const struct {
        const char *prefix;
        size_t digits;
    } algorithms[] = { { "sha256:", 64 }, { "sha512:", 128 } };

    for (size_t i = 0; i < ARRAY_SIZE(algorithms); i++) {
        size_t n = strlen(algorithms[i].prefix);
        if (!strncmp(text, algorithms[i].prefix, n))
            return strlen(text + n) == algorithms[i].digits &&
                   strspn(text + n, "0123456789abcdef") == algorithms[i].digits;
    }
    return false;
}

void oci_blob_name(const char *digest, char ret[OCI_DIGEST_SIZE])
{
    BUG_ON(!oci_digest_is_valid(digest));
    memcpy(ret, digest, strlen(digest) + 1);
    *strchr(ret, ':') = '-';
}

static bool load_media_type(const json_t *object, const char *what, struct oci_descriptor *ret,
                            struct pyro_error *err)
{
    const char *type = json_string_or(object, "mediaType", NULL);

    if (!type)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "%s has no media type", what);
    if (strlen(type) >= sizeof(ret->media_type))
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "the media type of %s is too long", what);
    memcpy(ret->media_type, type, strlen(type) + 1);
    return true;
}

bool oci_descriptor_load(const json_t *object, const char *what, struct oci_descriptor *ret,
                         struct pyro_error *err)
{
    const char *digest = json_string_or(object, "digest", NULL);
    const json_t *size = json_object_get(object, "size"), *urls = json_object_get(object, "urls");
    struct oci_descriptor d = { .size = json_integer_value(size) };

    if (!json_is_object(object))
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "%s is not a descriptor", what);
    if (!digest || !oci_digest_is_valid(digest))
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "the digest of %s is '%.100s', neither sha256 nor sha512", what,
                         digest ? digest : "");
    if (!json_is_integer(size) || d.size < 0 || d.size > OCI_BLOB_BYTES_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "the size of %s is not a number from 0 to %lld bytes", what,
                         (long long)OCI_BLOB_BYTES_MAX);
    if (json_array_size(urls))
        return pyro_fail(err, PYRO_CONTENT_REFUSED,
                         "%s is to be fetched from elsewhere, which is never done", what);
    memcpy(d.digest, digest, strlen(digest) + 1);
    if (!load_media_type(object, what, &d, err))
        return false;
    *ret = d;
    return true;
}
