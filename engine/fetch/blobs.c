/* engine/fetch/blobs.c: each blob's bytes into its file, counted and hashed on the way. */
#include "engine/fetch/blobs.h"

#include <string.h>
#include <unistd.h>

#include "engine/fetch/report.h"
#include "engine/fetch/request.h"
#include "engine/hash/hash.h"
#include "vmm/base/fs.h"
#include "vmm/base/write_behind.h"

#define PROGRESS_EVERY_MS 20 /* what has come is unpacked meanwhile */
#define CHUNK_BYTES 65536

struct blob {
    const struct job_blob *of;
    char what[40], path[16 + OCI_DIGEST_SIZE];
    bool has_begun; /* the hash is of the first `done` bytes, which the file has */
    struct hash hash;
    int64_t done;
    struct write_behind behind;
    unsigned index;
};

struct blobs {
    struct client *client;
    struct blob *blobs;
    unsigned count;
    int64_t told_ms;
};

static bool fail_write(const struct blob *b, struct pyro_error *err)
{
    return pyro_fail_errno(err, "write %s", b->what);
}

static void forget(struct blob *b)
{
    hash_release(&b->hash);
    b->hash = (struct hash){ 0 };
    b->has_begun = false;
    b->done = 0;
}

/* The file's content as well; false with errno. */
static bool drop(struct blob *b)
{
    forget(b);
    return lseek(b->of->fd, 0, SEEK_END) == 0 || ftruncate(b->of->fd, 0) == 0;
}

/* Begins its digest with what the file has already. */
static bool read_back(struct blob *b)
{
    static char chunk[CHUNK_BYTES];
    off_t size = lseek(b->of->fd, 0, SEEK_END);

    forget(b);
    if (size < 0 || size >= b->of->size || !hash_begin(&b->hash, b->of->digest, NULL))
        return false;
    b->has_begun = true;
    while (b->done < size) {
        ssize_t n = fs_pread_full(b->of->fd, chunk, sizeof(chunk), b->done);
        if (n <= 0 || !hash_add(&b->hash, chunk, (size_t)n, NULL))
            return false;
        b->done += n;
    }
    return true;
}

static int64_t blobs_have(void *arg)
{
    struct blob *b = arg;

    if (!b->has_begun && !read_back(b))
        forget(b);
    return b->done;
}

static bool blobs_begin(void *arg, const struct response *r, int64_t from, struct pyro_error *err)
{
    struct blob *b = arg;

    if (r->content_length >= 0 && r->content_length != b->of->size - from)
        return pyro_fail(err, PYRO_PULL_FAILED,
                         "%s is said to have %lld bytes, and its manifest says %lld", b->what,
                         (long long)(r->content_length + from), (long long)b->of->size);
    if (b->has_begun && from == b->done)
        return true;
    if (!drop(b))
        return fail_write(b, err);
    b->has_begun = hash_begin(&b->hash, b->of->digest, err);
    return b->has_begun;
}

static bool blobs_data(void *arg, const void *bytes, size_t n, struct pyro_error *err)
{
    struct blob *b = arg;

    if ((int64_t)n > b->of->size - b->done) {
        (void)!drop(b);
        return pyro_fail(err, PYRO_PULL_FAILED, "%s has more than the %lld bytes of its manifest",
                         b->what, (long long)b->of->size);
    }
    if (!fs_pwrite_all(b->of->fd, bytes, n, b->done))
        return fail_write(b, err);
    if (!hash_add(&b->hash, bytes, n, err))
        return false;
    write_behind(&b->behind, b->of->fd, b->done, n);
    b->done += (int64_t)n;
    return true;
}

static bool blobs_end(void *arg, const struct response *r UNUSED, struct pyro_error *err)
{
    struct blob *b = arg;
    char digest[OCI_DIGEST_SIZE];

    if (b->done != b->of->size)
        return pyro_fail(err, PYRO_PULL_FAILED, "%s ends after %lld of its %lld bytes", b->what,
                         (long long)b->done, (long long)b->of->size);
    if (!hash_end(&b->hash, digest, err))
        return false;
    if (strcmp(digest, b->of->digest) != 0) {
        (void)!drop(b);
        return pyro_fail(err, PYRO_PULL_FAILED,
                         "%s is not what its digest says: it has %.80s and not %.80s", b->what,
                         digest, b->of->digest);
    }
    report_line(json_pack("{s:i}", "have", (int)b->index));
    return true;
}

static const struct request_sink blobs_sink = {
    .begin = blobs_begin, .data = blobs_data, .end = blobs_end, .have = blobs_have
};

static void blobs_tick(void *arg)
{
    struct blobs *all = arg;
    json_t *done;

    if (clock_ms() - all->told_ms < PROGRESS_EVERY_MS)
        return;
    all->told_ms = clock_ms();
    done = json_array();
    for (unsigned i = 0; i < all->count; i++)
        json_array_append_new(done, json_integer(all->blobs[i].done));
    report_line(json_pack("{s:o}", "progress", done));
}

json_t *blobs_fetch(struct client *c, struct pyro_error *err)
{
    const struct job *job = c->job;
    scoped_free struct blob *blobs = calloc(job->blob_count, sizeof(*blobs));
    scoped_free struct request *requests = calloc(job->blob_count, sizeof(*requests));
    struct blobs all = { .client = c, .blobs = blobs, .count = job->blob_count };
    bool ok;

    if (!blobs || !requests)
        return pyro_no_memory(err, NULL);
    for (unsigned i = 0; i < job->blob_count; i++) {
        struct blob *b = &blobs[i];
        b->of = &job->blobs[i];
        b->index = i;
        snprintf(b->what, sizeof(b->what), "the layer %.19s…", b->of->digest);
        snprintf(b->path, sizeof(b->path), "blobs/%s", b->of->digest);
        requests[i] =
            (struct request){ .path = b->path, .what = b->what, .sink = &blobs_sink, .arg = b };
    }
    ok = requests_run(c, requests, job->blob_count, blobs_tick, &all, err);
    for (unsigned i = 0; i < job->blob_count; i++)
        forget(&blobs[i]);
    return ok ? json_object() : NULL;
}
