/* engine/fetch/manifest.c: documents by tag or digest, each checked by its digest. */
#include "engine/fetch/manifest.h"

#include <string.h>

#include "engine/fetch/report.h"
#include "engine/fetch/request.h"
#include "engine/hash/hash.h"
#include "engine/oci/manifest.h"
#include "vmm/base/fs.h"

/* A document as it arrives. */
struct arrival {
    struct buf bytes;
    char *media_type;
    const char *wanted;           /* its digest; NULL: whatever the tag means */
    int64_t size;                 /* as it was described; -1: it was not */
    char digest[OCI_DIGEST_SIZE]; /* as it is */
    bool is_head;
};

static bool manifest_begin(void *arg, const struct response *r UNUSED, int64_t from UNUSED,
                           struct pyro_error *err UNUSED)
{
    struct arrival *a = arg;

    buf_clear(&a->bytes);
    return true;
}

static bool manifest_data(void *arg, const void *bytes, size_t n, struct pyro_error *err)
{
    struct arrival *a = arg;

    return buf_append(&a->bytes, bytes, n) ||
           pyro_fail(err, PYRO_PULL_FAILED, "the manifest is larger than %zu bytes", a->bytes.max);
}

static bool check_digest(const struct arrival *a, const struct response *r, struct pyro_error *err)
{
    const char *wanted = a->wanted ? a->wanted : r->digest;

    if (a->size >= 0 && a->size != (int64_t)a->bytes.len)
        return pyro_fail(err, PYRO_PULL_FAILED, "the manifest has %zu bytes and not %lld",
                         a->bytes.len, (long long)a->size);
    /* One of another algorithm says nothing about this one. */
    if (!wanted || strncmp(wanted, a->digest, 7) != 0 || !strcmp(wanted, a->digest))
        return true;
    return pyro_fail(err, PYRO_PULL_FAILED,
                     "the manifest is not what its digest says: it has %.80s and not %.80s",
                     a->digest, wanted);
}

static bool manifest_end(void *arg, const struct response *r, struct pyro_error *err)
{
    struct arrival *a = arg;
    const char *bytes = a->bytes.data ? a->bytes.data : "";
    scoped_hash hash = { 0 };

    free(a->media_type);
    a->media_type = str_printf("%s", r->content_type ? r->content_type : "");
    if (a->is_head) {
        bool fits = r->digest && oci_digest_is_valid(r->digest);
        snprintf(a->digest, sizeof(a->digest), "%s", fits ? r->digest : "");
        return true;
    }
    if (!hash_begin(&hash, a->wanted, err) || !hash_add(&hash, bytes, a->bytes.len, err))
        return false;
    return hash_end(&hash, a->digest, err) && check_digest(a, r, err);
}

static const struct request_sink manifest_sink = { .begin = manifest_begin,
                                                   .data = manifest_data,
                                                   .end = manifest_end };

static void cleanup_arrival(struct arrival *a)
{
    buf_release(&a->bytes);
    free(a->media_type);
}
#define scoped_arrival __attribute__((cleanup(cleanup_arrival))) struct arrival
#define ARRIVAL_INIT { .bytes = BUF_INIT(OCI_DOCUMENT_BYTES_MAX), .size = -1 }

static bool get(struct client *c, const char *name, unsigned endpoint, struct arrival *a,
                struct pyro_error *err)
{
    scoped_free char *path = str_printf("manifests/%s", name);
    struct request request = { .path = path,
                               .what = "a manifest",
                               .accept = OCI_ACCEPT,
                               .is_head = a->is_head,
                               .endpoint = endpoint,
                               .sink = &manifest_sink,
                               .arg = a };

    report_doing("asking for the manifest");
    return requests_run(c, &request, 1, NULL, NULL, err);
}

/* What the registry itself says that the tag means; "" if it does not. A mirror may be behind. */
static void look_up_tag(struct client *c, char ret[OCI_DIGEST_SIZE])
{
    unsigned origin = c->job->endpoint_count - 1;
    scoped_arrival a = ARRIVAL_INIT;
    struct pyro_error why = { 0 };

    a.is_head = true;
    ret[0] = '\0';
    if (get(c, c->job->tag, origin, &a, &why))
        memcpy(ret, a.digest, sizeof(a.digest));
    else if (origin)
        report_note("%s does not say what '%s' means today (%s): its mirror is believed",
                    c->job->endpoints[origin].name, c->job->tag, why.message);
}

static bool parse(const struct arrival *a, struct oci_document *ret, struct pyro_error *err)
{
    return oci_document_parse(a->bytes.data ? a->bytes.data : "", a->bytes.len,
                              *a->media_type ? a->media_type : NULL, ret, err);
}

/* From an index on: what it has for this machine, and so on, down to a manifest. */
static bool descend(struct client *c, struct arrival *a, struct oci_document *document,
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
        if (!get(c, next.digest, 0, a, err) || !parse(a, document, err))
            return false;
    }
    return true;
}

static bool add_blob(json_t *list, const struct oci_descriptor *d)
{
    return json_array_append_new(list, json_pack("{s:s, s:I}", "digest", d->digest, "size",
                                                 (json_int_t)d->size)) == 0;
}

static json_t *result_of(const char *digest, const struct arrival *a,
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
    scoped_arrival a = ARRIVAL_INIT;
    scoped_oci_document document = { 0 };

    if (!job->digest && (job->known || job->endpoint_count > 1))
        look_up_tag(c, tagged);
    if (*tagged && job->known && !strcmp(tagged, job->known))
        return json_pack("{s:s, s:b}", "digest", tagged, "unchanged", true);
    a.wanted = job->digest ? job->digest : *tagged && job->endpoint_count > 1 ? tagged : NULL;
    if (!get(c, a.wanted ? a.wanted : job->tag, 0, &a, err) || !parse(&a, &document, err))
        return NULL;
    memcpy(digest, a.digest, sizeof(digest));
    if (!descend(c, &a, &document, err) ||
        !fs_write_all(job->document_fd, a.bytes.data, a.bytes.len, err))
        return NULL;
    return result_of(digest, &a, &document.manifest, err);
}
