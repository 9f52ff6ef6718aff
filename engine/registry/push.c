/* engine/registry/push.c: as many parts in one run of pyro-fetch as that takes. */
#include "engine/registry/push.h"

#include <string.h>

#include "engine/registry/transfer.h"

#define AT_ONCE_MAX 64 /* engine/fetch/job.h */

void registry_pushed_release(struct registry_pushed *p)
{
    json_decref(p->missing);
    *p = (struct registry_pushed){ 0 };
}

bool registry_parts_add(struct registry_parts *p, const char *digest, int64_t size, int64_t offset,
                        int fd, struct pyro_error *err)
{
    struct registry_part *part = &p->list[p->count];

    if (!oci_digest_is_valid(digest) || size < 0 || p->count == REGISTRY_PARTS_MAX)
        return pyro_fail(err, PYRO_CONTENT_REFUSED, "its layers are too many, or not named right");
    memcpy(part->digest, digest, strlen(digest) + 1);
    part->size = size;
    part->offset = offset;
    part->fd = fd;
    p->count++;
    return true;
}

/* One run of pyro-fetch. */
struct push_round {
    const struct registry_wish *wish;
    json_t *blobs;
    int fds[AT_ONCE_MAX];
    unsigned fd_count;
    struct transfer transfer;
};

static bool push_on_line(void *arg, const json_t *line, struct pyro_error *err UNUSED)
{
    struct push_round *r = arg;
    int64_t have = json_int_or(line, "have", -1);

    if (have >= 0 && have < r->transfer.count)
        transfer_end(&r->transfer, (unsigned)have);
    else
        transfer_progress(&r->transfer, json_object_get(line, "progress"), r->wish->progress);
    return true;
}

static void add(struct push_round *r, const struct registry_part *part)
{
    int fd = part->fd < 0 ? -1 : SESSION_FD_FIRST + (int)r->fd_count;

    if (part->fd >= 0)
        r->fds[r->fd_count++] = part->fd;
    json_array_append_new(r->blobs, json_pack("{s:s, s:I, s:I, s:i}", "digest", part->digest,
                                              "size", (json_int_t)part->size, "offset",
                                              (json_int_t)part->offset, "fd", fd));
    transfer_add(&r->transfer, part->size, 0);
}

static bool run(struct push_round *r, const struct registry_parts *parts, const char *manifest,
                struct registry_pushed *ret, struct pyro_error *err)
{
    const struct reference *reference = &r->wish->reference;
    struct session s = { .wish = r->wish,
                         .is_push = true,
                         .job = json_pack("{s:b, s:O, s:s*, s:s*, s:s*, s:s*}", "is_push", true,
                                          "blobs", r->blobs, "manifest", manifest, "mount_from",
                                          parts->mount_from, "tag",
                                          *reference->tag ? reference->tag : NULL, "digest",
                                          *reference->digest ? reference->digest : NULL),
                         .fds = r->fds,
                         .fd_count = r->fd_count,
                         .line = push_on_line,
                         .arg = r };
    struct pyro_error why = { 0 };
    scoped_json json_t *result = session_run(&s, &why);

    if (!result) {
        if (why.code == PYRO_PULL_FAILED)
            pyro_recode(&why, PYRO_PUSH_FAILED);
        return pyro_copy(err, &why);
    }
    ret->sent_bytes += json_int_or(result, "sent", 0);
    return json_array_extend(ret->missing, json_object_get(result, "missing")) == 0 ||
           pyro_fail(err, PYRO_INTERNAL, "pyro-fetch does not say what is missing");
}

bool registry_push(const struct registry_wish *wish, const struct registry_parts *parts,
                   struct registry_pushed *ret, struct pyro_error *err)
{
    unsigned at = 0;

    *ret = (struct registry_pushed){ .missing = json_array() };
    do {
        scoped_json json_t *blobs = json_array();
        struct push_round r = { .wish = wish, .blobs = blobs, .transfer.doing = "sending" };
        bool is_last;
        for (; at < parts->count && r.transfer.count < AT_ONCE_MAX; at++)
            add(&r, &parts->list[at]);
        is_last = at == parts->count && !json_array_size(ret->missing);
        if (!run(&r, parts, is_last ? parts->manifest : NULL, ret, err))
            return false;
    } while (at < parts->count);
    return true;
}
