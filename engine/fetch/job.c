/* engine/fetch/job.c: a job out of its JSON. */
#include "engine/fetch/job.h"

#include <string.h>

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_or(object, name, NULL);

    return text && *text ? text : NULL;
}

static bool load_endpoint(const json_t *object, struct job_endpoint *e, struct pyro_error *err)
{
    *e = (struct job_endpoint){ .user = text_of(object, "user"),
                                .password = json_string_or(object, "password", ""),
                                .identity_token = text_of(object, "identity_token"),
                                .token_hosts = json_object_get(object, "token_hosts"),
                                .may_be_plain = json_bool_or(object, "may_be_plain", false),
                                .is_mirror = json_bool_or(object, "is_mirror", false) };
    return json_get_string(object, "url", &e->url, err) &&
           json_get_string(object, "name", &e->name, err);
}

static bool load_blob(const json_t *object, bool is_push, struct job_blob *b,
                      struct pyro_error *err)
{
    int64_t fd;

    b->offset = json_int_or(object, "offset", 0);
    if (!json_get_string(object, "digest", &b->digest, err) ||
        !json_get_int(object, "size", 0, OCI_BLOB_BYTES_MAX, &b->size, err) ||
        !json_get_int(object, "fd", is_push ? -1 : 3, INT32_MAX, &fd, err))
        return false;
    b->fd = (int)fd;
    return oci_digest_is_valid(b->digest) ||
           pyro_fail(err, PYRO_USAGE, "'%.100s' is not a digest", b->digest);
}

static bool load(struct job *j, struct pyro_error *err)
{
    const json_t *endpoints = json_object_get(j->json, "endpoints");
    const json_t *blobs = json_object_get(j->json, "blobs");

    j->tag = text_of(j->json, "tag");
    j->digest = text_of(j->json, "digest");
    j->signature_key = text_of(j->json, "signature_key");
    j->known = text_of(j->json, "known");
    j->http_proxy = text_of(j->json, "http_proxy");
    j->https_proxy = text_of(j->json, "https_proxy");
    j->no_proxy = text_of(j->json, "no_proxy");
    j->document_fd = (int)json_int_or(j->json, "document_fd", -1);
    j->connect_ms = json_int_or(j->json, "connect_ms", 10000);
    j->stall_seconds = json_int_or(j->json, "stall_seconds", 30);
    j->is_login = json_bool_or(j->json, "is_login", false);
    j->is_push = json_bool_or(j->json, "is_push", false);
    j->manifest = text_of(j->json, "manifest");
    j->mount_from = text_of(j->json, "mount_from");
    if (!j->is_login && !json_get_string(j->json, "repository", &j->repository, err))
        return false;
    if (!json_array_size(endpoints) || json_array_size(endpoints) > JOB_ENDPOINTS_MAX ||
        json_array_size(blobs) > JOB_BLOBS_MAX)
        return pyro_fail(err, PYRO_USAGE, "too many endpoints or blobs, or none");
    for (; j->endpoint_count < json_array_size(endpoints); j->endpoint_count++)
        if (!load_endpoint(json_array_get(endpoints, j->endpoint_count),
                           &j->endpoints[j->endpoint_count], err))
            return false;
    for (; j->blob_count < json_array_size(blobs); j->blob_count++)
        if (!load_blob(json_array_get(blobs, j->blob_count), j->is_push, &j->blobs[j->blob_count],
                       err))
            return false;
    return (j->digest && oci_digest_is_valid(j->digest)) || j->tag || j->blob_count ||
           j->is_login || pyro_fail(err, PYRO_USAGE, "nothing is wanted");
}

bool job_parse(const void *bytes, size_t n, struct job *ret, struct pyro_error *err)
{
    memset(ret, 0, sizeof(*ret));
    ret->json = json_parse(bytes, n, JOB_BYTES_MAX, err);
    return ret->json && load(ret, err);
}

void job_release(struct job *j)
{
    json_decref(j->json);
    memset(j, 0, sizeof(*j));
}
