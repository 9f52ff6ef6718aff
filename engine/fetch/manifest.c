/* engine/fetch/manifest.c: documents by tag or digest, each checked by its digest. */
#include "engine/fetch/manifest.h"

#include <string.h>

#include "engine/fetch/document.h"
#include "engine/fetch/report.h"
#include "engine/fetch/signed.h"
#include "engine/oci/manifest.h"
#include "vmm/base/fs.h"

/* What the registry itself says that the tag means; "" if it does not. A mirror may be behind. */
static void look_up_tag(struct client *c, char ret[OCI_DIGEST_SIZE])
{
    unsigned origin = c->job->endpoint_count - 1;
    scoped_document a = DOCUMENT_INIT;
    struct pyro_error why = { 0 };

    a.is_head = true;
    ret[0] = '\0';
    if (document_get_manifest(c, c->job->tag, origin, &a, &why))
        memcpy(ret, a.digest, sizeof(a.digest));
    else if (origin)
        report_note("%s does not say what '%s' means today (%s): its mirror is believed",
                    c->job->endpoints[origin].name, c->job->tag, why.message);
}

static bool parse(const struct document *a, struct oci_document *ret, struct pyro_error *err)
{
    return oci_document_parse(a->bytes.data ? a->bytes.data : "", a->bytes.len,
                              *a->media_type ? a->media_type : NULL, ret, err);
}

/* From an index on: what it has for this machine, and so on, down to a manifest. */
static bool descend(struct client *c, struct document *a, struct oci_document *document,
                    struct pyro_error *err)
{
    for (unsigned depth = 0; document->kind == OCI_INDEX; depth++) {
        const struct oci_index_entry *entry =
            oci_index_choose(&document->index, &oci_platform_host, err);
        struct oci_descriptor next;
        if (!entry)
            return false;
        if (depth == OCI_INDEX_DEPTH_MAX)
            return pyro_fail(err, PYRO_CONTENT_REFUSED,
                             "it has indexes within indexes, more than %d", OCI_INDEX_DEPTH_MAX);
        next = entry->descriptor;
        a->wanted = next.digest;
        a->size = next.size;
        oci_document_release(document);
        if (!document_get_manifest(c, next.digest, 0, a, err) || !parse(a, document, err))
            return false;
    }
    return true;
}

static bool add_blob(json_t *list, const struct oci_descriptor *d)
{
    return json_array_append_new(list, json_pack("{s:s, s:I}", "digest", d->digest, "size",
                                                 (json_int_t)d->size)) == 0;
}

static json_t *result_of(const char *digest, const struct document *a,
                         const struct oci_manifest *manifest, struct pyro_error *err)
{
    scoped_json json_t *blobs = json_array();
    bool ok = add_blob(blobs, &manifest->config);
    json_t *result;

    for (size_t i = 0; ok && i < manifest->layer_count; i++)
        ok = add_blob(blobs, &manifest->layers[i]);
    result = ok ? json_pack("{s:s, s:s, s:I, s:O}", "digest", digest, "manifest", a->digest, "size",
                            (json_int_t)a->bytes.len, "blobs", blobs)
                : NULL;
    return result ? result : pyro_no_memory(err, NULL);
}

json_t *manifest_fetch(struct client *c, struct pyro_error *err)
{
    const struct job *job = c->job;
    char tagged[OCI_DIGEST_SIZE] = "", digest[OCI_DIGEST_SIZE];
    scoped_document a = DOCUMENT_INIT;
    scoped_oci_document document = { 0 };

    if (!job->digest && (job->known || job->endpoint_count > 1))
        look_up_tag(c, tagged);
    if (*tagged && job->known && !strcmp(tagged, job->known))
        return signed_check(c, tagged, err)
                   ? json_pack("{s:s, s:b}", "digest", tagged, "unchanged", true)
                   : NULL;
    a.wanted = job->digest ? job->digest : *tagged && job->endpoint_count > 1 ? tagged : NULL;
    if (!document_get_manifest(c, a.wanted ? a.wanted : job->tag, 0, &a, err) ||
        !parse(&a, &document, err))
        return NULL;
    memcpy(digest, a.digest, sizeof(digest));
    if (!signed_check(c, digest, err) || !descend(c, &a, &document, err) ||
        !fs_write_all(job->document_fd, a.bytes.data, a.bytes.len, err))
        return NULL;
    return result_of(digest, &a, &document.manifest, err);
}
