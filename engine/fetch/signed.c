/* engine/fetch/signed.c: a registry has signatures at a tag beside the image, or as its referrers. */
#include "engine/fetch/signed.h"

#include <string.h>

#include "engine/fetch/document.h"
#include "engine/fetch/signature.h"
#include "vmm/base/fs.h"

#define REFERRERS_MAX 16

static const char *text_of(const struct document *d)
{
    return d->bytes.data ? d->bytes.data : "";
}

/* True without one when the registry has none; *ret_found says. */
static bool get_if_there(struct client *c, const char *path, const char *accept, struct document *d,
                         bool *ret_found, struct pyro_error *err)
{
    struct pyro_error why = { 0 };

    d->what = "the signature";
    *ret_found = document_get(c, path, accept, 0, d, &why);
    return *ret_found || why.code == PYRO_ENVIRONMENT_NOT_FOUND || pyro_copy(err, &why);
}

static bool take_manifest(struct client *c, const char *name, struct signature_layers *ret,
                          struct pyro_error *err)
{
    scoped_free char *path = str_printf("manifests/%s", name);
    scoped_document d = DOCUMENT_INIT;
    bool found;

    d.wanted = oci_digest_is_valid(name) ? name : NULL;
    if (!get_if_there(c, path, "application/vnd.oci.image.manifest.v1+json", &d, &found, err))
        return false;
    if (found)
        signature_layers_take(ret, text_of(&d), d.bytes.len);
    return true;
}

/* By the API of referrers; a registry without it has an index of them at a tag. */
static bool take_referrers(struct client *c, const char *digest, const char *tag,
                           struct signature_layers *ret, struct pyro_error *err)
{
    static const char accept[] = "application/vnd.oci.image.index.v1+json";
    scoped_free char *path = str_printf("referrers/%s", digest);
    scoped_free char *other = str_printf("manifests/%s", tag);
    scoped_document d = DOCUMENT_INIT;
    struct oci_descriptor referrer;
    size_t at = 0;
    bool found, ok;

    if (!get_if_there(c, path, accept, &d, &found, err) ||
        (!found && !get_if_there(c, other, accept, &d, &found, err)))
        return false;
    ok = true;
    for (int i = 0; found && ok && i < REFERRERS_MAX; i++) {
        if (!signature_next_referrer(text_of(&d), d.bytes.len, &at, &referrer))
            break;
        ok = take_manifest(c, referrer.digest, ret, err);
    }
    return ok;
}

static bool check_layer(struct client *c, const struct signature_layer *layer,
                        const struct public_key *key, const char *digest, bool *ret_good,
                        struct pyro_error *err)
{
    scoped_free char *path = str_printf("blobs/%s", layer->blob.digest);
    scoped_document d = DOCUMENT_INIT;
    bool found;

    d.wanted = layer->blob.digest;
    d.size = layer->blob.size;
    if (!get_if_there(c, path, NULL, &d, &found, err))
        return false;
    *ret_good = found && signature_is_good(layer, text_of(&d), d.bytes.len, key, digest);
    return true;
}

static bool check_layers(struct client *c, const struct signature_layers *layers,
                         const struct public_key *key, const char *digest, bool *ret_good,
                         struct pyro_error *err)
{
    for (size_t i = 0; i < layers->count && !*ret_good; i++)
        if (!check_layer(c, &layers->list[i], key, digest, ret_good, err))
            return false;
    return true;
}

bool signed_check(struct client *c, const char *digest, struct pyro_error *err)
{
    scoped_signature_layers beside = { 0 }, referring = { 0 };
    scoped_public_key key = { 0 };
    char name[OCI_DIGEST_SIZE];
    scoped_free char *tag = NULL;
    bool is_good = false;

    if (!c->job->signature_key)
        return true;
    oci_blob_name(digest, name);
    tag = str_printf("%s.sig", name);
    if (!public_key_load(&key, c->job->signature_key, err))
        return pyro_wrap(err, "the key that %s has to be signed with", c->job->repository);
    if (!take_manifest(c, tag, &beside, err) ||
        !check_layers(c, &beside, &key, digest, &is_good, err))
        return false;
    if (!is_good && (!take_referrers(c, digest, name, &referring, err) ||
                     !check_layers(c, &referring, &key, digest, &is_good, err)))
        return false;
    if (is_good)
        return true;
    if (beside.count || referring.count)
        pyro_fail(err, PYRO_CONTENT_REFUSED,
                  "none of its signatures is one over %.19s… by the key that it has to have",
                  digest);
    else
        pyro_fail(err, PYRO_CONTENT_REFUSED, "%.19s… is not signed, and has to be", digest);
    return pyro_hint(err,
                     "the configuration file says so, and by which key: registry.HOST.signature");
}
