/*
 * engine/fetch/push.c: one blob after the other. An upload that is cut is begun again: not every
 * registry can continue one.
 */
#include "engine/fetch/push.h"

#include <poll.h>
#include <string.h>

#include "engine/fetch/report.h"
#include "engine/fetch/request.h"
#include "vmm/base/fs.h"

#define TRIES_MAX 4
#define PROGRESS_EVERY_MS 200
#define SAID_BYTES_MAX (64 * 1024)
#define MANIFEST_TYPE "application/vnd.oci.image.manifest.v1+json"

/* Of an answer, what matters here. */
struct answer {
    int status;
    int64_t content_length;
    char *location;
    char digest[OCI_DIGEST_SIZE]; /* "": not stated */
    size_t said_bytes;            /* of its body, which is of no interest */
};

struct pushing {
    struct client *client;
    const struct job_blob *blob; /* the one that is its turn */
    char what[40];
    struct request_body body;
    int64_t done[JOB_BLOBS_MAX]; /* bytes of each */
    int64_t told_ms;
    int64_t sent; /* bytes of all that were sent whole */
    unsigned shared;
};

static void answer_release(struct answer *a)
{
    free(a->location);
}
#define scoped_answer __attribute__((cleanup(answer_release))) struct answer

static bool push_begin(void *arg UNUSED, const struct response *r UNUSED, int64_t from UNUSED,
                       struct pyro_error *err UNUSED)
{
    return true;
}

static bool push_data(void *arg, const void *bytes UNUSED, size_t n, struct pyro_error *err)
{
    struct answer *a = arg;

    if (n > SAID_BYTES_MAX - a->said_bytes)
        return pyro_fail(err, PYRO_PULL_FAILED, "it says more than a registry does");
    a->said_bytes += n;
    return true;
}

static bool push_end(void *arg, const struct response *r, struct pyro_error *err UNUSED)
{
    struct answer *a = arg;

    free(a->location);
    *a = (struct answer){ .status = r->status,
                          .content_length = r->content_length,
                          .location = r->location ? str_printf("%s", r->location) : NULL };
    if (r->digest && oci_digest_is_valid(r->digest))
        memcpy(a->digest, r->digest, strlen(r->digest) + 1);
    return true;
}

static const struct request_sink push_sink = { .begin = push_begin,
                                               .data = push_data,
                                               .end = push_end };

static void push_tick(void *arg)
{
    struct pushing *p = arg;
    unsigned at = (unsigned)(p->blob - p->client->job->blobs);
    json_t *done;

    if (clock_ms() - p->told_ms < PROGRESS_EVERY_MS)
        return;
    p->told_ms = clock_ms();
    done = json_array();
    p->done[at] = p->body.sent;
    for (unsigned i = 0; i < p->client->job->blob_count; i++)
        json_array_append_new(done, json_integer(p->done[i]));
    report_line(json_pack("{s:o}", "progress", done));
}

static bool ask(struct pushing *p, struct request *r, struct answer *ret, struct pyro_error *err)
{
    r->sink = &push_sink;
    r->arg = ret;
    return requests_run(p->client, r, 1, push_tick, p, err);
}

/* --- what it has --- */

/* A failure that says no more than that it is not there. */
static bool is_absent(const struct request *r)
{
    return r->status == 404 || (r->status > 401 && r->status < 429);
}

static bool is_there(struct pushing *p, bool *ret, struct pyro_error *err)
{
    scoped_free char *path = str_printf("blobs/%s", p->blob->digest);
    struct request r = { .path = path, .what = p->what, .method = REQUEST_HEAD };
    scoped_answer a = { 0 };
    struct pyro_error why = { 0 };

    *ret = ask(p, &r, &a, &why);
    if (!*ret)
        return is_absent(&r) || pyro_copy(err, &why);
    if (a.content_length >= 0 && a.content_length != p->blob->size)
        return pyro_fail(err, PYRO_PULL_FAILED, "%s is said to have %lld bytes, and it has %lld",
                         p->what, (long long)a.content_length, (long long)p->blob->size);
    return true;
}

/* From another repository. One that does not do that answers like one that begins an upload, or
 * refuses: then the blob is sent. */
static bool mount(struct pushing *p, bool *ret, struct pyro_error *err)
{
    const char *from = p->client->job->mount_from;
    scoped_free char *path =
        str_printf("blobs/uploads/?mount=%s&from=%s", p->blob->digest, from ? from : "");
    struct request r = { .path = path, .what = p->what, .method = REQUEST_POST };
    scoped_answer a = { 0 };
    struct pyro_error why = { 0 };

    *ret = false;
    if (!from)
        return true;
    if (!ask(p, &r, &a, &why))
        return r.status != 0 || pyro_copy(err, &why);
    *ret = a.status == 201;
    return true;
}

/* --- what is sent --- */

static bool fail_lie(const struct pushing *p, const char *digest, struct pyro_error *err)
{
    return pyro_fail(err, PYRO_PULL_FAILED, "%s says that what it took as %s is %.80s",
                     p->client->job->endpoints[0].name, p->what, digest);
}

/* One that was stated by the same algorithm. */
static bool is_other(const char *stated, const char *digest)
{
    return *stated && !strncmp(stated, digest, 7) && strcmp(stated, digest) != 0;
}

/* Where the upload that the registry began takes the whole of it. */
static char *upload_url(struct pushing *p, const struct answer *a, struct pyro_error *err)
{
    scoped_free char *own = client_url(p->client, 0, "blobs/uploads/"), *to = NULL;

    if (a->status != 202 || !a->location)
        return pyro_fail(err, PYRO_PULL_FAILED, "%s does not say where %s is to be sent",
                         p->client->job->endpoints[0].name, p->what);
    to = place_join(own, a->location, err);
    return to ? str_printf("%s%sdigest=%s", to, strchr(to, '?') ? "&" : "?", p->blob->digest)
              : NULL;
}

/* False: *ret_again says whether, and *ret_wait_ms when, it may be begun again. */
static bool upload_once(struct pushing *p, bool *ret_again, int64_t *ret_wait_ms,
                        struct pyro_error *err)
{
    struct request begin = { .path = "blobs/uploads/", .what = p->what, .method = REQUEST_POST };
    struct request put = { .path = "blobs/uploads/",
                           .what = p->what,
                           .method = REQUEST_PUT,
                           .body = &p->body,
                           .is_once = true };
    scoped_answer a = { 0 };

    *ret_again = false;
    if (!ask(p, &begin, &a, err))
        return false;
    put.url = upload_url(p, &a, err);
    if (!put.url)
        return false;
    p->body = (struct request_body){ .media_type = "application/octet-stream",
                                     .fd = p->blob->fd,
                                     .offset = p->blob->offset,
                                     .size = p->blob->size };
    if (!ask(p, &put, &a, err)) {
        *ret_again = put.is_passing || put.status == 404; /* it has forgotten the upload */
        *ret_wait_ms = put.wait_ms;
        return false;
    }
    if (a.status != 201 && a.status != 204)
        return pyro_fail(err, PYRO_PULL_FAILED, "%s answers %d to the end of %s",
                         p->client->job->endpoints[0].name, a.status, p->what);
    return !is_other(a.digest, p->blob->digest) || fail_lie(p, a.digest, err);
}

static bool upload(struct pushing *p, struct pyro_error *err)
{
    for (unsigned tries = 1;; tries++) {
        struct pyro_error why = { 0 };
        int64_t wait_ms = -1;
        bool again, there;
        if (upload_once(p, &again, &wait_ms, &why))
            break;
        if (!again || tries == TRIES_MAX)
            return pyro_copy(err, &why);
        wait_ms = wait_ms < 0 ? 500 << tries : wait_ms;
        report_doing("%s; beginning again in %lld s", why.message,
                     (long long)(wait_ms + 999) / 1000);
        (void)poll(NULL, 0, (int)wait_ms);
        if (!is_there(p, &there, err))
            return false;
        if (there)
            break; /* it was the answer that was lost */
    }
    p->sent += p->blob->size;
    return true;
}

/* --- all of it --- */

static bool push_blob(struct pushing *p, json_t *missing, struct pyro_error *err)
{
    unsigned at = (unsigned)(p->blob - p->client->job->blobs);
    bool there;

    snprintf(p->what, sizeof(p->what), "the part %.19s…", p->blob->digest);
    p->body.sent = 0;
    if (!is_there(p, &there, err) || (!there && !mount(p, &there, err)))
        return false;
    p->shared += there;
    if (!there && p->blob->fd < 0)
        return json_array_append_new(missing, json_string(p->blob->digest)) == 0 ||
               pyro_no_memory(err, NULL);
    if (!there && !upload(p, err))
        return false;
    p->done[at] = p->blob->size;
    return report_line(json_pack("{s:i}", "have", (int)at)) ||
           pyro_fail(err, PYRO_IO, "nobody listens");
}

static bool put_manifest(struct pushing *p, struct pyro_error *err)
{
    const struct job *job = p->client->job;
    scoped_free char *path = str_printf("manifests/%s", job->tag ? job->tag : p->blob->digest);
    scoped_free char *own = str_printf("manifests/%s", p->blob->digest);
    struct request put = {
        .path = path, .what = "the manifest", .method = REQUEST_PUT, .body = &p->body
    };
    struct request look = {
        .path = own, .what = "the manifest", .accept = MANIFEST_TYPE, .method = REQUEST_HEAD
    };
    scoped_answer a = { 0 };

    snprintf(p->what, sizeof(p->what), "the manifest");
    p->body = (struct request_body){ .media_type = MANIFEST_TYPE,
                                     .fd = p->blob->fd,
                                     .offset = p->blob->offset,
                                     .size = p->blob->size };
    if (!ask(p, &put, &a, err))
        return false;
    if (is_other(a.digest, p->blob->digest))
        return fail_lie(p, a.digest, err);
    if (!ask(p, &look, &a, err)) {
        pyro_recode(err, PYRO_PULL_FAILED);
        return pyro_wrap(err, "the manifest was taken, and is not there");
    }
    return !is_other(a.digest, p->blob->digest) || fail_lie(p, a.digest, err);
}

/* Whether it lets this user in, before anything is made for it. */
static bool greet(struct client *c, struct pyro_error *err)
{
    const struct job *job = c->job;
    scoped_free char *path = str_printf("manifests/%s", job->tag      ? job->tag
                                                        : job->digest ? job->digest
                                                                      : "");
    struct request r = {
        .path = path, .what = "the manifest", .accept = MANIFEST_TYPE, .method = REQUEST_HEAD
    };
    scoped_answer a = { 0 };
    struct pyro_error why = { 0 };

    report_doing("asking %s what it has", job->endpoints[0].name);
    r.sink = &push_sink;
    r.arg = &a;
    return requests_run(c, &r, 1, NULL, NULL, &why) || is_absent(&r) || pyro_copy(err, &why);
}

json_t *push(struct client *c, struct pyro_error *err)
{
    const struct job *job = c->job;
    struct pushing p = { .client = c };
    scoped_json json_t *missing = json_array();
    const struct job_blob *manifest = NULL;

    if (job->endpoint_count != 1)
        return pyro_fail(err, PYRO_USAGE, "a push has one endpoint");
    if (!job->manifest && !greet(c, err))
        return NULL;
    for (unsigned i = 0; i < job->blob_count; i++) {
        p.blob = &job->blobs[i];
        if (job->manifest && !strcmp(job->manifest, p.blob->digest))
            manifest = p.blob;
        else if (!push_blob(&p, missing, err))
            return NULL;
    }
    if (manifest && !json_array_size(missing)) {
        p.blob = manifest;
        report_doing("putting the manifest");
        if (!put_manifest(&p, err))
            return NULL;
    }
    return json_pack("{s:O, s:I, s:i}", "missing", missing, "sent", (json_int_t)p.sent, "shared",
                     (int)p.shared);
}
