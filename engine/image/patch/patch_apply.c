/*
 * engine/image/patch/patch_apply.c: hunks on a text.
 *
 * The text is an array of lines, each with a hash of its bytes (its newline included, so that a
 * last line without one is a different line). A hunk's old lines are searched for, its new lines
 * put in their place, marked so that no later hunk matches them.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/image/patch/patch_lines.h"

static uint32_t hash_of(const char *bytes, size_t n)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (uint8_t)bytes[i]) * 16777619u;
    return hash >> 1;
}

static bool add_line(struct lines *to, const char *bytes, size_t n)
{
    if (to->count == to->capacity) {
        size_t more = to->capacity ? 2 * to->capacity : 64;
        struct line *moved = reallocarray(to->items, more, sizeof(*moved));
        if (!moved)
            return false;
        to->items = moved;
        to->capacity = more;
    }
    to->items[to->count++] = (struct line){ .bytes = bytes,
                                            .length = (uint32_t)n,
                                            .hash = hash_of(bytes, n) & 0x7fffffff };
    return true;
}

static size_t length_of_line(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));

    return newline ? (size_t)(newline - at) + 1 : (size_t)(end - at);
}

static bool split(struct lines *to, const char *text, size_t n)
{
    const char *end = n ? text + n : text; /* NULL plus nothing is undefined */

    while (text < end) {
        size_t length = length_of_line(text, end);
        if (!add_line(to, text, length))
            return false;
        text += length;
    }
    return true;
}

static void sides_release(struct sides *s)
{
    free(s->old.items);
    free(s->new.items);
}

static void drop_newline(struct lines *l)
{
    struct line *last = l->count ? &l->items[l->count - 1] : NULL;

    if (!last || !last->length || last->bytes[last->length - 1] != '\n')
        return;
    last->length--;
    last->hash = hash_of(last->bytes, last->length) & 0x7fffffff;
}

static bool take_apart(const struct patch_hunk *h, struct sides *ret)
{
    static const char newline[] = "\n";
    const char *at = h->body, *end = h->body + h->body_bytes;
    char last = '\0';

    while (at < end) {
        size_t n = length_of_line(at, end);
        bool empty = *at == '\n' || *at == '\r'; /* the blank of an empty line was lost */
        const char *bytes = empty ? at : at + 1;
        size_t length = empty ? n : n - 1;
        char c = empty ? ' ' : *at;
        if (c == '\\') {
            if (last != '+')
                drop_newline(&ret->old);
            if (last != '-')
                drop_newline(&ret->new);
        } else if (!length) { /* the patch itself ends without a newline */
            bytes = newline;
            length = 1;
        }
        if ((c == ' ' || c == '-') && !add_line(&ret->old, bytes, length))
            return false;
        if ((c == ' ' || c == '+') && !add_line(&ret->new, bytes, length))
            return false;
        if (c == ' ')
            ret->trailing++;
        else if (c != '\\')
            ret->trailing = 0, ret->changes++;
        last = c;
        at += n;
    }
    return true;
}

static bool same_line(const struct line *a, const struct line *b)
{
    return a->hash == b->hash && a->length == b->length &&
           memcmp(a->bytes, b->bytes, a->length) == 0;
}

static bool fits(const struct lines *text, const struct lines *old, size_t at, bool at_start,
                 bool at_end)
{
    if (old->count > text->count || at > text->count - old->count || (at_start && at) ||
        (at_end && at + old->count != text->count))
        return false;
    for (size_t i = 0; i < old->count; i++)
        if (text->items[at + i].patched || !same_line(&text->items[at + i], &old->items[i]))
            return false;
    return true;
}

/* Where the hunk's old lines are: at the line it names, or nearest to it. */
static bool find(const struct lines *text, const struct sides *s, const struct patch_hunk *h,
                 size_t *ret)
{
    bool at_start = h->old_start <= 1, at_end = !s->trailing;
    size_t named = h->new_start ? h->new_start - 1 : 0, back, forth;

    /* A hunk of only new lines can only be a whole file: it would fit everywhere else. */
    if (!s->old.count && text->count)
        return false;

    if (at_start)
        named = 0;
    else if (at_end)
        named = text->count >= s->old.count ? text->count - s->old.count : text->count;
    named = named < text->count ? named : text->count;
    back = forth = named;
    for (;;) {
        if (fits(text, &s->old, forth, at_start, at_end)) {
            *ret = forth;
            return true;
        }
        if (fits(text, &s->old, back, at_start, at_end)) {
            *ret = back;
            return true;
        }
        if ((!back && forth == text->count) || at_start || at_end)
            return false;
        back -= back > 0;
        forth += forth < text->count;
    }
}

static bool replace(struct lines *text, size_t at, const struct sides *s)
{
    size_t count = text->count - s->old.count + s->new.count;
    size_t behind = text->count - at - s->old.count;

    if (count > text->capacity) {
        size_t more = count + count / 2;
        struct line *moved = reallocarray(text->items, more, sizeof(*moved));
        if (!moved)
            return false;
        text->items = moved;
        text->capacity = more;
    }
    if (behind)
        memmove(text->items + at + s->new.count, text->items + at + s->old.count,
                behind * sizeof(*text->items));
    if (s->new.count)
        memcpy(text->items + at, s->new.items, s->new.count * sizeof(*text->items));
    for (size_t i = 0; i < s->new.count; i++)
        text->items[at + i].patched = 1;
    text->count = count;
    return true;
}

static bool apply_hunk(const struct patch_file *f, size_t number, struct lines *text,
                       struct pyro_error *err)
{
    struct sides s = { .trailing = 0 };
    size_t at;
    bool ok = take_apart(&f->hunks[number], &s);

    if (!ok)
        pyro_no_memory(err, "the patch");
    else if (!find(text, &s, &f->hunks[number], &at))
        ok = patch_misfit(f, number, text, &s, err);
    else if (!replace(text, at, &s))
        ok = pyro_no_memory(err, "the patch");
    sides_release(&s);
    return ok;
}

/* A line without a newline can only be the last. */
static bool check_newlines(const struct patch_file *f, const struct lines *text,
                           struct pyro_error *err)
{
    for (size_t i = 0; i + 1 < text->count; i++)
        if (!text->items[i].length || text->items[i].bytes[text->items[i].length - 1] != '\n')
            return pyro_fail(err, PYRO_PATCH_REJECTED,
                             "'%.300s': the patch leaves a line without a newline in the middle",
                             patch_file_name(f));
    return true;
}

bool patch_apply_hunks(const struct patch_file *f, const char *old, size_t old_bytes,
                       struct buf *ret, struct pyro_error *err)
{
    struct lines text = { .items = NULL };
    bool ok = split(&text, old, old_bytes) || pyro_no_memory(err, "the patch");

    for (size_t i = 0; ok && i < f->hunk_count; i++)
        ok = apply_hunk(f, i, &text, err);
    ok = ok && check_newlines(f, &text, err);
    for (size_t i = 0; ok && i < text.count; i++)
        if (!buf_append(ret, text.items[i].bytes, text.items[i].length))
            ok = pyro_fail(err, PYRO_PATCH_REJECTED, "'%.300s' would grow over %zu MiB",
                           patch_file_name(f), ret->max >> 20);
    free(text.items);
    return ok;
}
