/*
 * Texts are compared line by line, and the last line of the text before character by character. In
 * colour that is not a comparison of bytes: there a line that was appended to has another sequence
 * where it ended. Each line begins in the default look.
 */
#include "engine/term/plain_change.h"

#include <stdlib.h>
#include <string.h>

#include "engine/term/sgr.h"

void plain_change_release(struct plain_change *c)
{
    buf_release(&c->before);
    buf_release(&c->after);
    free(c->stamp_lines);
    c->stamp_lines = NULL;
}

static void strip(struct buf *text)
{
    if (!text->len)
        return;
    text->len = sgr_strip(text->data, text->len, text->data, NULL);
    text->data[text->len] = '\0';
}

void plain_change_strip(struct plain_change *c)
{
    strip(&c->before);
    strip(&c->after);
}

static size_t common_prefix(const struct buf *a, const struct buf *b)
{
    size_t n = a->len < b->len ? a->len : b->len, at = 0;

    while (at + 4096 <= n && memcmp(a->data + at, b->data + at, 4096) == 0)
        at += 4096;
    while (at < n && a->data[at] == b->data[at])
        at++;
    return at;
}

static size_t line_start(const struct buf *text, size_t at)
{
    const char *lf = at ? memrchr(text->data, '\n', at) : NULL;

    return lf ? (size_t)(lf - text->data) + 1 : 0;
}

/* Skips SGR sequences. */
static size_t skip_looks(const struct buf *text, size_t at, uint64_t *look)
{
    size_t n;

    while (at < text->len && text->data[at] == 0x1b &&
           (n = sgr_take(text->data + at, text->len - at, look)))
        at += n;
    return at;
}

/*
 * Whether the last line of `before`, from `at` on, is also in `after` there; then *ret_end is where
 * that ends in `after`, and *ret_look the look there.
 */
static bool goes_on(const struct buf *before, const struct buf *after, size_t at, size_t *ret_end,
                    uint64_t *ret_look)
{
    uint64_t look_a = 0, look_b = 0, look = 0;
    size_t a = skip_looks(before, at, &look_a), b = at;

    while (a < before->len) {
        b = skip_looks(after, b, &look_b);
        if (b == after->len || before->data[a] != after->data[b] || look_a != look_b)
            return false;
        look = look_b;
        a = skip_looks(before, a + 1, &look_a);
        b++;
    }
    *ret_end = b;
    *ret_look = look;
    return true;
}

/* Drops after[0..at); the rest begins with `look`. */
static bool keep_from(struct plain_change *c, size_t at, uint64_t look)
{
    struct buf kept = BUF_INIT(c->after.max);

    if (!look) {
        buf_consume(&c->after, at);
        return true;
    }
    if (!sgr_put(&kept, 0, look) || !buf_append(&kept, c->after.data + at, c->after.len - at)) {
        buf_release(&kept);
        return false;
    }
    buf_release(&c->after);
    c->after = kept;
    return true;
}

static int64_t count_lines(const struct buf *text)
{
    const char *at = text->data, *end = text->len ? at + text->len : at;
    int64_t lines = 0;

    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        lines++;
        at++;
    }
    return lines;
}

static bool cut(struct plain_change *c)
{
    const struct buf *before = &c->before, *after = &c->after;
    size_t same, line, end;
    uint64_t look;

    if (c->cleared || !before->len)
        return true;
    same = common_prefix(before, after);
    if (same == after->len && (same == before->len || before->data[same] == '\n'))
        return keep_from(c, after->len, 0);
    line = line_start(before, same);
    if (memchr(before->data + line, '\n', before->len - line) ||
        !goes_on(before, after, line, &end, &look))
        return keep_from(c, line, 0);
    end = skip_looks(after, end, &look);
    return c->rewrites && end < after->len ? keep_from(c, line, 0) : keep_from(c, end, look);
}

bool plain_change_cut(struct plain_change *c)
{
    int64_t lines = c->stamp_lines ? count_lines(&c->after) : 0;

    if (!cut(c))
        return false;
    if (c->stamp_lines)
        lines -= count_lines(&c->after);
    for (size_t i = 0; c->stamp_lines && i < c->stamp_count; i++)
        c->stamp_lines[i] -= lines;
    return true;
}
