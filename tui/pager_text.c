/* tui/pager_text.c: lines of a long text, and finding something in them. */
#include "tui/pager_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engine/term/sgr.h"
#include "vmm/base/array.h"
#include "vmm/base/error.h"

#define EVERY 64
#define SLICE_LINES ((size_t)1024)

/* Where line text from `at` on ends, and where the next begins. A piece of a long line ends between
 * characters, and not inside an SGR sequence. */
static size_t line_length(const struct pager_text *t, size_t at, size_t *ret_next)
{
    size_t room = t->len - at, n = room < PAGER_LINE_MAX ? room : PAGER_LINE_MAX, back;
    const char *end = memchr(t->bytes + at, '\n', n), *sequence;

    if (end) {
        *ret_next = (size_t)(end - t->bytes) + 1;
        return (size_t)(end - t->bytes) - at;
    }
    if (n < room && t->bytes[at + n] == '\n') {
        *ret_next = at + n + 1;
        return n;
    }
    if (n < room) {
        for (back = 0; back < 3 && ((unsigned char)t->bytes[at + n - back] & 0xc0) == 0x80; back++)
            ;
        n -= back;
        sequence = memrchr(t->bytes + at + n - SGR_TEXT_MAX, '\x1b', SGR_TEXT_MAX);
        if (sequence && !memchr(sequence, 'm', (size_t)(t->bytes + at + n - sequence)))
            n = (size_t)(sequence - t->bytes) - at;
    }
    *ret_next = at + n;
    return n;
}

void pager_text_init(struct pager_text *t, const char *bytes, size_t len, size_t head)
{
    *t = (struct pager_text){ .bytes = bytes, .len = len, .head = head };
}

bool pager_text_index(struct pager_text *t)
{
    size_t at = t->indexed;

    for (size_t i = 0; at < t->len && i < SLICE_LINES; i++, t->lines++) {
        if (t->lines % EVERY == 0) {
            t->index = array_grown(t->index, sizeof(*t->index), t->lines / EVERY, &t->room);
            BUG_ON(!t->index);
            t->index[t->lines / EVERY] = at;
        }
        line_length(t, at, &at);
    }
    t->indexed = at;
    return at == t->len;
}

void pager_text_release(struct pager_text *t)
{
    free(t->index);
    free(t->kept);
    t->index = NULL;
    t->kept = NULL;
}

size_t pager_text_count(const struct pager_text *t)
{
    return t->keeps ? t->kept_count : t->lines;
}

/* Bytes of a line, or of a piece of it, that begins at `at` and has n. */
static size_t head_of(const struct pager_text *t, size_t at, size_t n)
{
    bool begins = t->head && n >= t->head && (!at || t->bytes[at - 1] == '\n');

    return begins ? t->head : 0;
}

/* Line i of all, with its head. */
static const char *whole_line(const struct pager_text *t, size_t i, size_t *ret_n)
{
    size_t at = t->index[i / EVERY], next, n = line_length(t, at, &next);

    for (size_t skip = i % EVERY; skip > 0; skip--) {
        at = next;
        n = line_length(t, at, &next);
    }
    *ret_n = n;
    return t->bytes + at;
}

size_t pager_text_in_all(const struct pager_text *t, size_t i)
{
    return !t->keeps ? i : i < t->kept_count ? t->kept[i] : t->lines;
}

const char *pager_text_line(const struct pager_text *t, size_t i, size_t *ret_n)
{
    size_t n;
    const char *line = whole_line(t, pager_text_in_all(t, i), &n);
    size_t head = head_of(t, (size_t)(line - t->bytes), n);

    *ret_n = n - head;
    return line + head;
}

const char *pager_text_head(const struct pager_text *t, size_t i)
{
    size_t n;
    const char *line = whole_line(t, pager_text_in_all(t, i), &n);

    return head_of(t, (size_t)(line - t->bytes), n) ? line : NULL;
}

static bool has_upper(const char *pattern)
{
    for (; *pattern; pattern++)
        if (isupper((unsigned char)*pattern))
            return true;
    return false;
}

const char *pager_text_find(const char *bytes, size_t n, const char *pattern)
{
    size_t len = strlen(pattern);
    const char *last = bytes + n - len, *lower = bytes, *upper = bytes;

    if (len > n)
        return NULL;
    if (has_upper(pattern))
        return memmem(bytes, n, pattern, len);
    while (bytes <= last) { /* the next of either case of the first letter; NULL: no more */
        size_t left = (size_t)(last - bytes) + 1;
        if (lower && lower <= bytes)
            lower = memchr(bytes, *pattern, left);
        if (upper && upper <= bytes)
            upper = memchr(bytes, toupper((unsigned char)*pattern), left);
        if (!lower && !upper)
            return NULL;
        bytes = !upper || (lower && lower < upper) ? lower : upper;
        if (strncasecmp(bytes, pattern, len) == 0)
            return bytes;
        bytes++;
    }
    return NULL;
}

bool pager_text_holds(const char *line, size_t n, const char *pattern)
{
    return pager_text_find(line, n, pattern) != NULL;
}

bool pager_text_holds_in_color(const char *line, size_t n, const char *pattern)
{
    char plain[PAGER_LINE_MAX];

    if (!memchr(line, '\x1b', n))
        return pager_text_holds(line, n, pattern);
    return pager_text_holds(plain, sgr_strip(line, n, plain, NULL), pattern);
}

bool pager_text_begins(const char *line, size_t n, const char *pattern)
{
    return n >= strlen(pattern) && memcmp(line, pattern, strlen(pattern)) == 0;
}

/* Lines of the text, all of one stretch of the index. */
struct stretch {
    size_t from, to;
    bool backward;
};

/* Which of a stretch's lines is wanted: the first, or the last. */
static bool search_stretch(const struct pager_text *t, const struct stretch *s,
                           pager_wanted_fn *wanted, const char *pattern, size_t *ret_line)
{
    bool found = false;
    size_t n, at, head, next = 0;

    for (size_t from = s->from; from < s->to; from++) {
        if (from == s->from || t->keeps)
            at = (size_t)(whole_line(t, pager_text_in_all(t, from), &n) - t->bytes);
        else
            at = next;
        n = line_length(t, at, &next);
        head = head_of(t, at, n);
        if (!wanted(t->bytes + at + head, n - head, pattern))
            continue;
        *ret_line = from;
        found = true;
        if (!s->backward)
            return true;
    }
    return found;
}

void pager_search_begin(struct pager_search *s, size_t from, bool backward)
{
    *s = (struct pager_search){ .from = from, .at = from, .backward = backward };
}

enum pager_found pager_search_step(struct pager_search *s, const struct pager_text *t,
                                   pager_wanted_fn *wanted, const char *pattern, size_t *ret_line)
{
    size_t lines = pager_text_count(t), from, to;
    size_t end = s->backward ? (s->wrapped ? s->from : 0) : (s->wrapped ? s->from : lines);
    struct stretch stretch;

    if (s->from > lines)
        s->from = s->at = lines;
    if (s->backward ? s->at <= end : s->at >= end) {
        if (s->wrapped)
            return PAGER_NOWHERE;
        s->wrapped = true;
        s->at = s->backward ? lines : 0;
        return PAGER_GOING_ON;
    }
    from = s->backward ? (s->at - 1) / EVERY * EVERY : s->at;
    to = s->backward ? s->at : (s->at / EVERY + 1) * EVERY;
    if (s->backward && from < end)
        from = end;
    if (!s->backward && to > end)
        to = end;
    s->at = s->backward ? from : to;
    stretch = (struct stretch){ from, to, s->backward };
    return search_stretch(t, &stretch, wanted, pattern, ret_line) ? PAGER_FOUND : PAGER_GOING_ON;
}

size_t pager_search_left(const struct pager_search *s, const struct pager_text *t)
{
    size_t lines = pager_text_count(t);

    if (s->backward)
        return s->wrapped ? s->at - s->from : s->at + lines - s->from;
    return s->wrapped ? s->from - s->at : lines - s->at + s->from;
}

/* ---- only some of the lines ---- */

void pager_text_keep(struct pager_text *t, bool only_wanted)
{
    t->keeps = only_wanted;
    t->kept_count = t->looked = 0;
}

static void keep_line(struct pager_text *t, size_t line)
{
    if (t->kept_count == t->kept_room) {
        t->kept_room = t->kept_room ? 2 * t->kept_room : 256;
        t->kept = realloc(t->kept, t->kept_room * sizeof(*t->kept));
        BUG_ON(!t->kept);
    }
    t->kept[t->kept_count++] = (uint32_t)line;
}

bool pager_text_keep_step(struct pager_text *t, pager_wanted_fn *wanted, const char *pattern)
{
    size_t end = t->lines - t->looked < SLICE_LINES ? t->lines : t->looked + SLICE_LINES;
    struct stretch rest = { t->looked, end, false };
    size_t line;

    t->keeps = false; /* all are looked at */
    while (rest.from < end && search_stretch(t, &rest, wanted, pattern, &line)) {
        keep_line(t, line);
        rest.from = line + 1;
    }
    t->keeps = true;
    t->looked = end;
    return end == t->lines;
}

size_t pager_text_of_all(const struct pager_text *t, size_t i)
{
    size_t low = 0, high = t->kept_count;

    if (!t->keeps)
        return i;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->kept[middle] < i)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
