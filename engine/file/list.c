/* engine/file/list.c: file_list(). The guest sends entries as it finds them; they are sorted here.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/client/handle.h"
#include "engine/client/transfer.h"
#include "engine/file/file.h"
#include "engine/file/path.h"
#include "vmm/base/file_name.h"
#include "vmm/base/file_records.h"

#define LISTING_MAX_BYTES (256u * 1024 * 1024)
#define NS_MAX 999999999
#define ENTRIES_MAX 500000 /* some 500 MB here */

struct entry {
    enum file_kind kind;
    uint32_t mode, mtime_ns;
    int64_t mtime;
    uint64_t size_bytes;
    struct iovec path, target; /* borrowed from the guest's answer */
};

struct entries {
    struct entry *items;
    size_t count, capacity;
};

/* "file", "directory", "symlink", "other" of an enum file_kind. */
static const char *file_kind_name(unsigned kind)
{
    static const char *const names[FILE_KIND_COUNT] = { "missing", "file",  "directory",
                                                        "symlink", "other", "other" };

    return kind < FILE_KIND_COUNT ? names[kind] : "other";
}

static bool rd_text(struct reader *r, struct iovec *ret)
{
    const uint8_t *bytes;
    uint16_t n;

    if (!rd_u16(r, &n) || !rd_bytes(r, n, &bytes))
        return false;
    *ret = (struct iovec){ (void *)(uintptr_t)bytes, n };
    return true;
}

static bool rd_entry(struct reader *r, struct entry *ret)
{
    uint8_t kind;
    uint64_t mtime;

    if (!rd_u8(r, &kind) || kind == FILE_MISSING || kind >= FILE_KIND_COUNT ||
        !rd_u32(r, &ret->mode) || ret->mode > FILE_MODE_MAX || !rd_u64(r, &mtime) ||
        !rd_u32(r, &ret->mtime_ns) || ret->mtime_ns > NS_MAX || !rd_u64(r, &ret->size_bytes) ||
        ret->size_bytes > INT64_MAX || !rd_text(r, &ret->path) || !rd_text(r, &ret->target))
        return false;
    ret->kind = (enum file_kind)kind;
    ret->mtime = (int64_t)mtime;
    return true;
}

static bool parse(const struct buf *sent, struct entries *e, struct pyro_error *err)
{
    struct reader r = reader_of(sent->data, sent->len);

    while (rd_left(&r)) {
        if (e->count == ENTRIES_MAX) {
            pyro_fail(err, PYRO_GUEST_ERROR, "there are more than %d entries", ENTRIES_MAX);
            return pyro_hint(err, "list a directory below it");
        }
        if (e->count == e->capacity) {
            e->capacity = e->capacity ? e->capacity * 2 : 64;
            e->items = reallocarray(e->items, e->capacity, sizeof(*e->items));
            if (!e->items)
                return pyro_no_memory(err, "file list");
        }
        if (!rd_entry(&r, &e->items[e->count++]))
            return pyro_fail(err, PYRO_GUEST_PROTOCOL, "the guest sent no list of files");
    }
    return true;
}

static int list_compare(const void *a, const void *b)
{
    const struct iovec *x = &((const struct entry *)a)->path, *y = &((const struct entry *)b)->path;
    size_t n = x->iov_len < y->iov_len ? x->iov_len : y->iov_len;
    int order = n ? memcmp(x->iov_base, y->iov_base, n) : 0;

    return order ? order : (x->iov_len > y->iov_len) - (x->iov_len < y->iov_len);
}

static json_t *to_json(const struct entries *e)
{
    json_t *list = json_array();

    for (size_t i = 0; i < e->count; i++) {
        const struct entry *at = &e->items[i];
        scoped_free char *relative = strndup(at->path.iov_base, at->path.iov_len);
        scoped_free char *path = file_path_show(relative ? relative : "");
        scoped_free char *leads_to = strndup(at->target.iov_base, at->target.iov_len);
        json_t *target =
            at->kind == FILE_SYMLINK && leads_to ? name_to_json("", leads_to) : json_null();
        json_array_append_new(list, json_pack("{s:o, s:s, s:o, s:o, s:I, s:o}", "path",
                                              name_to_json("", path), "artifact_type",
                                              file_kind_name(at->kind), "mode",
                                              json_file_mode(at->mode), "modified_at",
                                              json_time(at->mtime, at->mtime_ns), "size_bytes",
                                              (json_int_t)at->size_bytes, "link_target", target));
    }
    return list;
}

json_t *file_list(const char *ref, const char *path, bool recursive, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_free char *relative = file_path_parse(path, err), *shown = NULL;
    scoped_json json_t *request =
        json_pack("{s:s, s:b}", "op", "file_list", "recursive", recursive);
    scoped_json json_t *answer = NULL;
    scoped_buf sent = BUF_INIT(LISTING_MAX_BYTES);
    struct entries entries = { .items = NULL };
    struct iovec in;
    json_t *result = NULL;
    int64_t kind;

    if (!relative || !workspace_open(ref, &o, err))
        return NULL;
    in = (struct iovec){ relative, strlen(relative) };
    shown = file_path_show(relative);
    answer = transfer_run(
        &(struct transfer){
            .workspace = &o, .request = request, .in = &in, .in_count = 1, .out = &sent },
        err);
    if (answer && json_get_int(answer, "kind", FILE_REGULAR, FILE_OTHER, &kind, err) &&
        parse(&sent, &entries, err)) {
        if (entries.count)
            qsort(entries.items, entries.count, sizeof(*entries.items), list_compare);
        result = json_pack("{s:s, s:o, s:s, s:b, s:o}", "workspace_id", o.id, "path",
                           name_to_json("", shown), "artifact_type", file_kind_name((unsigned)kind),
                           "recursive", recursive, "entries", to_json(&entries));
    }
    free(entries.items);
    return result;
}
