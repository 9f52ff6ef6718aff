/* vmm/base/redact.c: looking for many values at once. */
#include "vmm/base/redact.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WINDOW_MAX 64
#define NONE UINT16_MAX

/* The forms a newline may take: the value itself, a terminal's form, and patches. */
static const char *const newline_forms[] = { "\n",  "\r\n",  "\n+",   "\n-",
                                             "\n ", "\r\n+", "\r\n-", "\r\n " };
#define FORMS ARRAY_SIZE(newline_forms)
#define FORM_BYTES 3 /* of a newline at most */

struct value {
    const uint8_t *bytes; /* in the arena */
    size_t n;
    uint16_t next; /* the next one whose head ends in the same block, shorter or as long; NONE */
};

struct redactor {
    struct value values[REDACT_VALUES_MAX * FORMS]; /* longest first */
    size_t count, longest;
    size_t window, block;      /* block: the last bytes of the window that are looked at, 1 or 2 */
    uint8_t skip[65536];       /* by block: how far the window can move; 0: see `head` */
    uint16_t head[65536];      /* by block: the first value whose head ends in it */
    uint8_t begins[65536 / 8]; /* bit by two bytes: a value begins with them */
    bool begins_one[256];      /* a value of two bytes or more begins with it */
    void *arena;
    size_t arena_size;
};

static inline size_t pair(const uint8_t *at)
{
    return (size_t)at[0] | (size_t)at[1] << 8;
}

/* ---- compiling ---- */

static int redact_compare(const void *a, const void *b)
{
    const struct value *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;

    return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : memcmp(x->bytes, y->bytes, n);
}

static size_t newlines(const struct buf *v)
{
    size_t count = 0;

    for (size_t i = 0; i < v->len; i++)
        count += v->data[i] == '\n';
    return count;
}

/* Copies the value to `at` with newlines in one of their forms. */
static uint8_t *add_form(struct redactor *r, uint8_t *at, const struct buf *v, const char *newline)
{
    uint8_t *start = at;

    for (size_t i = 0; i < v->len; i++) {
        if (v->data[i] != '\n')
            *at++ = (uint8_t)v->data[i];
        else
            at = mempcpy(at, newline, strlen(newline));
    }
    r->values[r->count++] = (struct value){ .bytes = start, .n = (size_t)(at - start) };
    return at;
}

static void fill_tables(struct redactor *r)
{
    size_t shortest = r->values[r->count - 1].n;

    r->longest = r->values[0].n;
    r->window = shortest < WINDOW_MAX ? shortest : WINDOW_MAX;
    r->block = r->window > 1 ? 2 : 1;
    memset(r->skip, (int)(r->window - r->block + 1), sizeof(r->skip));
    memset(r->head, 0xff, sizeof(r->head)); /* NONE */
    for (size_t i = r->count; i-- > 0;) {   /* shortest first, so that the longest heads its list */
        struct value *v = &r->values[i];
        for (size_t end = r->block; end <= r->window; end++) {
            const uint8_t *last = v->bytes + end - r->block;
            size_t key = r->block == 2 ? pair(last) : *last;
            if (r->skip[key] > r->window - end)
                r->skip[key] = (uint8_t)(r->window - end);
            if (end < r->window)
                continue;
            v->next = r->head[key];
            r->head[key] = (uint16_t)i;
        }
        if (v->n < 2)
            continue;
        r->begins_one[v->bytes[0]] = true;
        r->begins[pair(v->bytes) / 8] |= (uint8_t)(1 << pair(v->bytes) % 8);
    }
}

struct redactor *redactor_new(const struct buf *values, size_t count)
{
    struct redactor *r = NULL;
    size_t size = 0;
    uint8_t *at;

    for (size_t i = 0; i < count && i < REDACT_VALUES_MAX; i++) {
        size_t most = values[i].len + (FORM_BYTES - 1) * newlines(&values[i]);
        if (!values[i].len || most > REDACT_VALUE_MAX)
            return NULL;
        size += FORMS * most;
    }
    if (count && count <= REDACT_VALUES_MAX)
        r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    at = r->arena = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        free(r);
        return NULL;
    }
    r->arena_size = size;
    madvise(r->arena, size, MADV_DONTDUMP);
    for (size_t i = 0; i < count; i++)
        for (size_t form = 0; form < (newlines(&values[i]) ? FORMS : 1); form++)
            at = add_form(r, at, &values[i], newline_forms[form]);
    qsort(r->values, r->count, sizeof(r->values[0]), redact_compare);
    fill_tables(r);
    return r;
}

void redactor_free(struct redactor *r)
{
    if (!r)
        return;
    explicit_bzero(r->arena, r->arena_size);
    munmap(r->arena, r->arena_size);
    free(r);
}

/* ---- looking ---- */

/* The length of the longest value at `at`, with the window inside; 0: none. */
static size_t longest_at(const struct redactor *r, const uint8_t *bytes, size_t n, size_t at)
{
    const uint8_t *last = bytes + at + r->window - r->block;
    uint16_t i = r->head[r->block == 2 ? pair(last) : *last];

    for (; i != NONE; i = r->values[i].next) {
        const struct value *v = &r->values[i];
        if (v->n <= n - at && !memcmp(v->bytes, bytes + at, v->n))
            return v->n;
    }
    return 0;
}

/* The first place in [from, to) where a whole value is; `to` when there is none. */
static size_t find(const struct redactor *r, const uint8_t *bytes, size_t n, size_t from, size_t to,
                   size_t *ret_length)
{
    size_t limit = n < r->window ? 0 : n - r->window + 1; /* beyond, no window fits */
    const uint8_t *last = limit ? bytes + r->window - r->block : bytes;

    if (limit > to)
        limit = to;
    while (from < limit) {
        size_t skip = r->skip[r->block == 2 ? pair(last + from) : last[from]];
        if (skip) {
            from += skip;
            continue;
        }
        *ret_length = longest_at(r, bytes, n, from);
        if (*ret_length)
            return from;
        from++;
    }
    return to;
}

/* The shortest value that bytes[at..n) begin and that goes on beyond n: it allows the least of
 * itself to be shown. NULL if there is none. */
static const struct value *begun_at(const struct redactor *r, const uint8_t *bytes, size_t n,
                                    size_t at)
{
    const struct value *shortest = NULL;

    if (n - at >= 2 ? !(r->begins[pair(bytes + at) / 8] >> pair(bytes + at) % 8 & 1)
                    : !r->begins_one[bytes[at]])
        return NULL;
    for (size_t i = 0; i < r->count && r->values[i].n > n - at; i++)
        if (!memcmp(r->values[i].bytes, bytes + at, n - at))
            shortest = &r->values[i];
    return shortest;
}

/* The first place of [from, n) where the rest begins a value; n when there is none. */
static size_t begun_from(const struct redactor *r, const uint8_t *bytes, size_t n, size_t from)
{
    if (n > r->longest - 1 && from < n - (r->longest - 1))
        from = n - (r->longest - 1);
    while (from < n && !begun_at(r, bytes, n, from))
        from++;
    return from;
}

void redact_scan_init(struct redact_scan *s, const struct redactor *r, const void *bytes, size_t n,
                      size_t shown, bool final)
{
    *s = (struct redact_scan){
        .redactor = r, .bytes = bytes, .n = n, .shown = shown, .held = n, .final = final
    };
    if (r && !final)
        s->held = begun_from(r, bytes, n, 0);
}

/* The end of the stretch that begins at `from` with a value of that length: values that overlap it
 * belong to it. */
static size_t stretch_end(const struct redactor *r, const uint8_t *bytes, size_t n, size_t from,
                          size_t length)
{
    size_t end = from + length;

    while ((from = find(r, bytes, n, from + 1, end, &length)) < end)
        if (from + length > end)
            end = from + length;
    return end;
}

bool redact_scan_next(struct redact_scan *s, struct redact_piece *ret)
{
    while (s->at < s->held) {
        size_t length = 0, start, end, from = s->at > s->shown ? s->at : s->shown;
        start = s->redactor ? find(s->redactor, s->bytes, s->n, s->at, s->held, &length) : s->held;
        end = length ? stretch_end(s->redactor, s->bytes, s->n, start, length) : start;
        if (end > s->held && s->n - start < REDACT_HELD_MAX) {
            s->held = end = start; /* it may go on */
            length = 0;
        } else if (end > s->held) {
            s->held = end = s->n; /* too long: all of it is taken for a value */
        }
        s->at = end;
        *ret = (struct redact_piece){ .from = from, .value_from = start };
        if (start > from)
            ret->plain = start - from;
        if (length && end > from + ret->plain)
            ret->value = end - (from + ret->plain);
        if (ret->plain || ret->value)
            return true;
    }
    return false;
}

static size_t may_show(size_t value_bytes)
{
    return value_bytes / 4 < REDACT_SHOWN_MAX ? value_bytes / 4 : REDACT_SHOWN_MAX;
}

size_t redactor_release(const struct redactor *r, const void *bytes, size_t n, size_t shown)
{
    size_t length, end = find(r, bytes, n, 0, n, &length);

    for (size_t i = 0; i < end; i++) {
        const struct value *v = begun_at(r, bytes, n, i);
        if (v && i + may_show(v->n) < end)
            end = i + may_show(v->n);
    }
    return end > shown ? end : shown;
}

size_t redactor_tail(const struct redactor *r, const void *bytes, size_t n)
{
    return n - begun_from(r, bytes, n, 0);
}

size_t redactor_tail_max(const struct redactor *r)
{
    return r->longest - 1;
}

/* ---- a stream, a text ---- */

void redact_stream_init(struct redact_stream *s, const struct redactor *r)
{
    *s = (struct redact_stream){ .redactor = r, .held = BUF_INIT(SIZE_MAX / 2) };
}

void redact_stream_release(struct redact_stream *s)
{
    if (s->held.data)
        explicit_bzero(s->held.data, s->held.len);
    buf_release(&s->held);
}

/* Everything decided goes out; *ret_held is where the rest begins. */
static bool put_out(const struct redact_stream *s, const uint8_t *bytes, size_t n, bool final,
                    struct buf *out, size_t *ret_held)
{
    struct redact_scan scan;
    struct redact_piece p;

    redact_scan_init(&scan, s->redactor, bytes, n, s->shown, final);
    while (redact_scan_next(&scan, &p))
        if (!buf_append(out, bytes + p.from, p.plain) ||
            (p.value && !buf_append(out, REDACTED, REDACTED_BYTES)))
            return false;
    *ret_held = scan.held;
    return true;
}

bool redact_stream_push(struct redact_stream *s, const void *bytes, size_t n, bool final,
                        struct buf *out)
{
    size_t held;

    if (!s->held.len) {
        return put_out(s, bytes, n, final, out, &held) &&
               (held == n || buf_append(&s->held, (const char *)bytes + held, n - held));
    }
    if (!buf_append(&s->held, bytes, n) ||
        !put_out(s, (const uint8_t *)s->held.data, s->held.len, final, out, &held))
        return false;
    buf_consume(&s->held, held);
    s->shown = s->shown > held ? s->shown - held : 0;
    return true;
}

bool redact_stream_holds(const struct redact_stream *s)
{
    return s->held.len > s->shown;
}

bool redact_stream_pause(struct redact_stream *s, struct buf *out)
{
    size_t end = redact_stream_holds(s)
                     ? redactor_release(s->redactor, s->held.data, s->held.len, s->shown)
                     : s->shown;

    if (!buf_append(out, s->held.data + s->shown, end - s->shown))
        return false;
    s->shown = end;
    return true;
}

bool redact_stream_cut(struct redact_stream *s, struct buf *out)
{
    bool ok = true;

    if (redact_stream_holds(s)) { /* perhaps the head of a value */
        ok = redact_stream_pause(s, out);
        if (ok && redact_stream_holds(s))
            ok = buf_append(out, REDACTED, REDACTED_BYTES);
    }
    buf_consume(&s->held, s->held.len);
    s->shown = 0;
    return ok;
}

bool redact_text(const struct redactor *r, const void *bytes, size_t n, bool cut, struct buf *out)
{
    struct redact_stream s;
    bool ok;

    redact_stream_init(&s, r);
    ok = redact_stream_push(&s, bytes, n, !cut, out) && redact_stream_cut(&s, out);
    redact_stream_release(&s);
    return ok;
}

bool redact_finds(const struct redactor *r, const void *bytes, size_t n, bool cut)
{
    struct redact_scan scan;
    struct redact_piece p;

    redact_scan_init(&scan, r, bytes, n, 0, !cut);
    return redact_scan_next(&scan, &p) ? p.value || p.plain < n : n > 0;
}
