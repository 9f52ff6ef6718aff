/*
 * engine/commands/diff_part.c: the part of a diff that was asked for.
 *
 * A cursor is a place in all paths and patches one after the other, and a digest of them: what has
 * changed meanwhile cannot be gone on with.
 */
#include "engine/commands/diff_part.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cmd/spec.h"
#include "engine/state/digest.h"
#include "vmm/base/fs.h"
#include "vmm/base/json.h"
#include "vmm/base/redact.h"
#include "vmm/base/utf8.h"

struct cutting {
    const struct cmd_io *io;
    uint64_t from;  /* where the part begins */
    uint64_t at;    /* where the entry begins that is looked at */
    int64_t budget; /* characters that are left */
    json_t *kept;
    struct buf patch;
    uint64_t next; /* where the next part begins, once this one is full */
    bool full;
};

static int64_t chars_of(const char *s, size_t n)
{
    int64_t chars = 0;

    for (size_t i = 0; i < n; i++)
        chars += (s[i] & 0xc0) != 0x80;
    return chars;
}

/* How much of n bytes fits: up to the end of a line, if there is one, and not into a secret. */
static size_t fit(const struct cutting *c, const char *text, size_t n)
{
    size_t most = utf8_bytes_of_chars(text, n, c->budget > 0 ? c->budget : 1), end = most, tail;

    if (most == n)
        return n;
    while (end && text[end - 1] != '\n')
        end--;
    end = end ? end : most;
    tail = c->io->redaction.redactor ? redactor_tail(c->io->redaction.redactor, text, end) : 0;
    return tail < end ? end - tail : end;
}

/* Takes as much of an entry as fits. */
static bool take(struct cutting *c, const json_t *entry, struct pyro_error *err)
{
    const char *path = json_string_or(entry, "path", "");
    const json_t *patch = json_object_get(entry, "text_patch");
    size_t head = strlen(path), n = json_string_length(patch), skip = 0, part;
    int64_t cost = chars_of(path, head);
    json_t *kept;

    if (c->from >= c->at + head + n)
        return true;
    if (json_array_size(c->kept) && c->budget <= cost) {
        c->full = true;
        c->next = c->at;
        return true;
    }
    c->budget -= cost;
    if (c->from > c->at + head)
        skip = (size_t)(c->from - c->at - head);
    part = n ? fit(c, json_string_value(patch) + skip, n - skip) : 0;
    /* Not a word of a patch whose first line does not fit. */
    if (part < n - skip && json_string_value(patch)[skip + part - 1] != '\n' &&
        json_array_size(c->kept)) {
        c->full = true;
        c->next = c->at;
        return true;
    }
    c->budget -= n ? chars_of(json_string_value(patch) + skip, part) : 0;
    c->full = skip + part < n;
    c->next = c->at + head + skip + part;
    kept = json_copy((json_t *)(uintptr_t)entry);
    if (n)
        json_object_set_new(kept, "text_patch",
                            json_stringn(json_string_value(patch) + skip, part));
    json_object_set_new(kept, "cut", json_boolean(c->full));
    json_array_append_new(c->kept, kept);
    return !n || buf_append(&c->patch, json_string_value(patch) + skip, part) ||
           pyro_no_memory(err, "the diff");
}

static bool digest_of(const json_t *entries, char ret[DIGEST_TEXT_BYTES], struct pyro_error *err)
{
    scoped_free char *text = json_dumps(entries, JSON_COMPACT | JSON_SORT_KEYS);

    if (!text)
        return pyro_no_memory(err, "the diff");
    digest_bytes(text, strlen(text), ret);
    return true;
}

static bool parse_cursor(const char *cursor, const char *digest, uint64_t *ret,
                         struct pyro_error *err)
{
    char *end;

    *ret = strtoull(cursor, &end, 10);
    if (end == cursor || *end != ':' || *cursor == '-')
        return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                         "--cursor: '%.100s' is not the next_cursor of a diff", cursor);
    if (!strcmp(end + 1, digest))
        return true;
    pyro_fail(err, PYRO_WORKSPACE_STATE, "the workspace has changed since the cursor was given");
    return pyro_hint(err, "begin again without --cursor, or ask for fewer files with --path");
}

bool diff_part_cut(json_t *diff, const struct diff_part_args *part, const struct cmd_io *io,
                   struct pyro_error *err)
{
    const json_t *entries = json_object_get(diff, "entries");
    struct cutting c = { .io = io,
                         .budget = part->max_chars == ARG_UNSET ? INT64_MAX : part->max_chars,
                         .kept = json_array(),
                         .patch = BUF_INIT(SIZE_MAX / 2) };
    bool whole = !part->cursor && part->max_chars == ARG_UNSET, ok;
    char digest[DIGEST_TEXT_BYTES] = "";
    size_t i;
    json_t *e;

    ok = (whole || digest_of(entries, digest, err)) &&
         (!part->cursor || parse_cursor(part->cursor, digest, &c.from, err));
    json_array_foreach (entries, i, e) {
        ok = ok && (c.full || take(&c, e, err));
        c.at += json_string_length(json_object_get(e, "path")) +
                json_string_length(json_object_get(e, "text_patch"));
    }
    if (ok) {
        scoped_free char *next = str_printf("%" PRIu64 ":%s", c.next, digest);

        json_object_set(diff, "entries", c.kept);
        json_object_set_new(diff, "patch",
                            json_stringn(c.patch.len ? c.patch.data : "", c.patch.len));
        json_object_set_new(diff, "truncated", json_boolean(c.full));
        json_object_set_new(diff, "next_cursor", c.full ? json_string(next) : json_null());
    }
    json_decref(c.kept);
    buf_release(&c.patch);
    return ok;
}
