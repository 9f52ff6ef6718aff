/* engine/fetch/document.c: each checked by its digest. */
#include "engine/fetch/document.h"

#include <string.h>

#include "engine/fetch/report.h"
#include "engine/fetch/request.h"
#include "engine/hash/hash.h"
#include "engine/oci/manifest.h"
#include "vmm/base/fs.h"

void document_release(struct document *d)
{
    buf_release(&d->bytes);
    free(d->media_type);
}

static bool document_begin(void *arg, const struct response *r UNUSED, int64_t from UNUSED,
                           struct pyro_error *err UNUSED)
{
    struct document *d = arg;

    buf_clear(&d->bytes);
    return true;
}

static bool document_data(void *arg, const void *bytes, size_t n, struct pyro_error *err)
{
    struct document *d = arg;

    return buf_append(&d->bytes, bytes, n) ||
           pyro_fail(err, PYRO_PULL_FAILED, "%s is larger than %zu bytes", d->what, d->bytes.max);
}

static bool check_digest(const struct document *d, const struct response *r, struct pyro_error *err)
{
    const char *wanted = d->wanted ? d->wanted : r->digest;

    if (d->size >= 0 && d->size != (int64_t)d->bytes.len)
        return pyro_fail(err, PYRO_PULL_FAILED, "%s has %zu bytes and not %lld", d->what,
                         d->bytes.len, (long long)d->size);
    /* One of another algorithm says nothing about this one. */
    if (!wanted || strncmp(wanted, d->digest, 7) != 0 || !strcmp(wanted, d->digest))
        return true;
    return pyro_fail(err, PYRO_PULL_FAILED,
                     "%s is not what its digest says: it has %.80s and not %.80s", d->what,
                     d->digest, wanted);
}

static bool document_end(void *arg, const struct response *r, struct pyro_error *err)
{
    struct document *d = arg;
    const char *bytes = d->bytes.data ? d->bytes.data : "";
    scoped_hash hash = { 0 };

    free(d->media_type);
    d->media_type = str_printf("%s", r->content_type ? r->content_type : "");
    if (d->is_head) {
        bool fits = r->digest && oci_digest_is_valid(r->digest);
        snprintf(d->digest, sizeof(d->digest), "%s", fits ? r->digest : "");
        return true;
    }
    if (!hash_begin(&hash, d->wanted, err) || !hash_add(&hash, bytes, d->bytes.len, err))
        return false;
    return hash_end(&hash, d->digest, err) && check_digest(d, r, err);
}

static const struct request_sink document_sink = { .begin = document_begin,
                                                   .data = document_data,
                                                   .end = document_end };

bool document_get(struct client *c, const char *path, const char *accept, unsigned endpoint,
                  struct document *d, struct pyro_error *err)
{
    struct request request = { .path = path,
                               .what = d->what,
                               .accept = accept,
                               .method = d->is_head ? REQUEST_HEAD : REQUEST_GET,
                               .endpoint = endpoint,
                               .sink = &document_sink,
                               .arg = d };

    report_doing("asking for %s", d->what);
    return requests_run(c, &request, 1, NULL, NULL, err);
}

bool document_get_manifest(struct client *c, const char *name, unsigned endpoint,
                           struct document *d, struct pyro_error *err)
{
    scoped_free char *path = str_printf("manifests/%s", name);

    return document_get(c, path, OCI_ACCEPT, endpoint, d, err);
}
