/* engine/registry/fetch.c: which blobs are missing, and what becomes of those that arrive. */
#include "engine/registry/fetch.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/helper/room.h"
#include "engine/registry/store.h"
#include "engine/registry/transfer.h"
#include "vmm/base/fs.h"

#define TELL_EVERY_MS 200
#define AT_ONCE_MAX 64 /* descriptors of one session: engine/fetch/job.h */

void registry_image_release(struct registry_image *image)
{
    json_decref(image->blobs);
    image->blobs = NULL;
}

static bool take_digest(const json_t *result, const char *name, char ret[OCI_DIGEST_SIZE],
                        struct pyro_error *err)
{
    const char *text = json_string_or(result, name, "");

    if (!oci_digest_is_valid(text))
        return pyro_fail(err, PYRO_INTERNAL, "pyro-fetch gives no digest");
    memcpy(ret, text, strlen(text) + 1);
    return true;
}

/* --- manifests --- */

/* An unnamed file until its digest is known. */
static bool keep_manifest(int blobs_fd, int file, const char *digest, struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(OCI_DOCUMENT_BYTES_MAX);
    char name[OCI_DIGEST_SIZE];

    oci_blob_name(digest, name);
    if (lseek(file, 0, SEEK_SET) != 0 || !fs_read_fd(file, &text))
        return pyro_fail_errno(err, "read the manifest");
    return fs_write_atomic(blobs_fd, name, text.data ? text.data : "", text.len, 0400, err);
}

static json_t *job_of(const struct registry_wish *wish)
{
    const struct reference *r = &wish->reference;
    const char *digest = *r->digest ? r->digest : NULL;

    return json_pack("{s:s?, s:s?, s:s?, s:i}", "digest", digest, "tag", digest ? NULL : r->tag,
                     "known", wish->known, "document_fd", SESSION_FD_FIRST);
}

bool registry_resolve(const struct registry_wish *wish, int blobs_fd, struct registry_image *ret,
                      struct pyro_error *err)
{
    scoped_close int file = openat(blobs_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    struct session s = { .wish = wish, .fds = &file, .fd_count = 1 };
    scoped_json json_t *result = NULL;

    memset(ret, 0, sizeof(*ret));
    if (file < 0)
        return pyro_fail_errno(err, "create a file in the cache");
    s.job = job_of(wish);
    result = session_run(&s, err);
    if (!result || !take_digest(result, "digest", ret->digest, err))
        return false;
    ret->is_unchanged = json_bool_or(result, "unchanged", false);
    if (ret->is_unchanged)
        return true;
    ret->blobs = json_incref(json_object_get(result, "blobs"));
    return take_digest(result, "manifest", ret->manifest, err) &&
           keep_manifest(blobs_fd, file, ret->manifest, err);
}

/* --- blobs --- */

/* One round: as many as are missing and nobody else fetches. */
struct round {
    int blobs_fd;
    const struct registry_wish *wish;
    const struct registry_watch *watch;
    struct store_part parts[AT_ONCE_MAX];
    int fds[AT_ONCE_MAX];
    unsigned count;
    json_t *wanted; /* [{digest, size, fd}, …] */
    struct transfer transfer;
    int64_t told_ms; /* the user, of the transfer */
};

static bool round_add(struct round *r, const char *digest, int64_t size, bool wait,
                      struct pyro_error *err)
{
    struct store_part *part = &r->parts[r->count];

    if (!blobs_begin(r->blobs_fd, digest, size, r->wish->progress, wait, part, err))
        return false;
    if (part->fd < 0)
        return true;
    r->fds[r->count] = part->fd;
    json_array_append_new(r->wanted,
                          json_pack("{s:s, s:I, s:i}", "digest", digest, "size", (json_int_t)size,
                                    "fd", SESSION_FD_FIRST + (int)r->count));
    transfer_add(&r->transfer, size, lseek(part->fd, 0, SEEK_END));
    r->count++;
    return true;
}

static bool is_wanted(const struct round *r, const char *digest)
{
    for (size_t i = 0; i < json_array_size(r->wanted); i++)
        if (!strcmp(json_string_or(json_array_get(r->wanted, i), "digest", ""), digest))
            return true;
    return false;
}

/* *ret_missing: whether any blob was; if nobody but others fetch them, the first is waited for. */
static bool round_collect(struct round *r, const json_t *blobs, bool *ret_missing,
                          struct pyro_error *err)
{
    const json_t *first = NULL;

    for (size_t i = 0; i < json_array_size(blobs) && r->count < AT_ONCE_MAX; i++) {
        const json_t *blob = json_array_get(blobs, i);
        const char *digest = json_string_or(blob, "digest", "");
        int64_t size = json_int_or(blob, "size", -1);
        if (!oci_digest_is_valid(digest) || size < 0)
            return pyro_fail(err, PYRO_INTERNAL, "pyro-fetch gives no digest");
        if (blobs_has(r->blobs_fd, digest, size) || is_wanted(r, digest))
            continue;
        first = first ? first : blob;
        if (!round_add(r, digest, size, false, err))
            return false;
    }
    *ret_missing = first != NULL;
    return !first || r->count ||
           round_add(r, json_string_or(first, "digest", ""), json_int_or(first, "size", 0), true,
                     err);
}

static void tell(const struct round *r, unsigned i, int64_t bytes)
{
    const char *digest = json_string_or(json_array_get(r->wanted, i), "digest", "");

    if (r->watch && bytes > 0)
        r->watch->arrived(r->watch->arg, digest, bytes);
}

static bool fetch_on_line(void *arg, const json_t *line, struct pyro_error *err)
{
    struct round *r = arg;
    const json_t *done = json_object_get(line, "progress");
    int64_t have = json_int_or(line, "have", -1);

    if (have < 0 || have >= r->count) {
        for (unsigned i = 0; i < r->count; i++)
            tell(r, i, json_integer_value(json_array_get(done, i)));
        if (clock_ms() - r->told_ms >= TELL_EVERY_MS) {
            transfer_progress(&r->transfer, done, r->wish->progress);
            r->told_ms = clock_ms();
        }
        return true;
    }
    transfer_end(&r->transfer, (unsigned)have);
    if (r->parts[have].fd >= 0 && !blobs_keep(r->blobs_fd, &r->parts[have], err))
        return false;
    tell(r, (unsigned)have, r->transfer.items[have].size);
    return true;
}

static bool round_run(struct round *r, struct pyro_error *err)
{
    struct session s = { .wish = r->wish,
                         .job = json_pack("{s:O}", "blobs", r->wanted),
                         .fds = r->fds,
                         .fd_count = r->count,
                         .line = fetch_on_line,
                         .arg = r };
    struct pyro_error why = { 0 };
    scoped_json json_t *result = NULL;

    if (!room_check(r->blobs_fd, "the cache", transfer_left(&r->transfer), &why)) {
        json_decref(s.job);
    } else {
        result = session_run(&s, &why);
    }
    for (unsigned i = 0; i < r->count; i++)
        blobs_leave(r->blobs_fd, &r->parts[i], why.code != PYRO_NO_SPACE);
    if (!result)
        pyro_copy(err, &why);
    return result != NULL;
}

bool registry_fetch(const struct registry_wish *wish, int blobs_fd,
                    const struct registry_image *image, const struct registry_watch *watch,
                    struct pyro_error *err)
{
    bool missing = true;

    while (missing) {
        scoped_json json_t *wanted = json_array();
        struct round r = { .blobs_fd = blobs_fd, .wish = wish, .watch = watch, .wanted = wanted };
        bool ok = round_collect(&r, image->blobs, &missing, err);
        if (!ok) {
            for (unsigned i = 0; i < r.count; i++)
                blobs_leave(blobs_fd, &r.parts[i], true);
            return false;
        }
        if (r.count && !round_run(&r, err))
            return false;
    }
    return true;
}
