/*
 * Fuzzes the taking out of values. The input is values (each up to a 0xff), a 0xfe, and bytes in
 * pieces: a 0xfd ends a piece, a 0xfc ends one and makes a pause. What comes out is held to its
 * definition, worked out here byte by byte: without pauses exactly, and with pauses so that of each
 * occurrence no more is seen than may be.
 */
#include <stdlib.h>
#include <string.h>

#include "vmm/base/error.h"
#include "vmm/base/redact.h"

#define VALUES_FUZZED 6
#define FORMS 8 /* of a newline */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is to be looked for: values and their forms. */
static struct buf wanted[VALUES_FUZZED * FORMS];
static size_t wanted_count;

static void add_forms(const struct buf *value)
{
    static const char *const newlines[FORMS] = { "\n",  "\r\n",  "\n+",   "\n-",
                                                 "\n ", "\r\n+", "\r\n-", "\r\n " };

    for (size_t form = 0; form < FORMS; form++) {
        struct buf *v = &wanted[wanted_count++];
        *v = (struct buf)BUF_INIT(SIZE_MAX / 2);
        for (size_t i = 0; i < value->len; i++)
            BUG_ON(value->data[i] == '\n' ? !buf_append_str(v, newlines[form])
                                          : !buf_append(v, &value->data[i], 1));
    }
}

static bool stands_at(const struct buf *v, const struct buf *text, size_t at)
{
    return v->len <= text->len - at && !memcmp(v->data, text->data + at, v->len);
}

/* The definition: each maximal stretch of occurrences that overlap becomes one REDACTED. */
static void define(const struct buf *text, struct buf *out)
{
    for (size_t at = 0; at < text->len;) {
        size_t end = at;
        for (size_t k = 0; k < wanted_count; k++)
            if (stands_at(&wanted[k], text, at) && at + wanted[k].len > end)
                end = at + wanted[k].len;
        if (end == at) {
            BUG_ON(!buf_append(out, text->data + at++, 1));
            continue;
        }
        for (size_t inside = at + 1; inside < end; inside++)
            for (size_t k = 0; k < wanted_count; k++)
                if (stands_at(&wanted[k], text, inside) && inside + wanted[k].len > end)
                    end = inside + wanted[k].len;
        BUG_ON(!buf_append(out, REDACTED, REDACTED_BYTES));
        at = end;
    }
}

/* Drives redact_scan_next() as a log's writer does, and notes which bytes were seen. */
struct run {
    const struct redactor *redactor;
    struct buf text, pending, out;
    size_t shown, base; /* base: offset of pending's first byte in text */
    uint8_t *seen;
};

static void take(struct run *run, const uint8_t *bytes, size_t n, bool final, bool pause)
{
    struct redact_scan scan;
    struct redact_piece p;
    size_t end;

    BUG_ON(!buf_append(&run->text, bytes, n) || !buf_append(&run->pending, bytes, n));
    redact_scan_init(&scan, run->redactor, run->pending.data, run->pending.len, run->shown, final);
    end = run->shown;
    while (redact_scan_next(&scan, &p)) {
        BUG_ON(p.from != end || p.value_from > p.from + p.plain);
        memset(run->seen + run->base + p.from, 1, p.plain);
        BUG_ON(!buf_append(&run->out, run->pending.data + p.from, p.plain));
        if (p.value)
            BUG_ON(!buf_append(&run->out, REDACTED, REDACTED_BYTES));
        end = p.from + p.plain + p.value;
    }
    BUG_ON(end != (scan.held > run->shown ? scan.held : run->shown));
    BUG_ON(final && scan.held != run->pending.len);
    run->shown = end - scan.held;
    run->base += scan.held;
    buf_consume(&run->pending, scan.held);
    BUG_ON(run->pending.len > REDACT_HELD_MAX);
    if (!pause || run->shown == run->pending.len)
        return;
    end = redactor_release(run->redactor, run->pending.data, run->pending.len, run->shown);
    BUG_ON(end < run->shown || end > run->pending.len);
    memset(run->seen + run->base + run->shown, 1, end - run->shown);
    BUG_ON(!buf_append(&run->out, run->pending.data + run->shown, end - run->shown));
    run->shown = end;
}

static void check_seen(const struct run *run)
{
    for (size_t at = 0; at < run->text.len; at++)
        for (size_t k = 0; k < wanted_count; k++) {
            size_t seen = 0, most = wanted[k].len / 4;
            if (!stands_at(&wanted[k], &run->text, at))
                continue;
            for (size_t i = 0; i < wanted[k].len; i++)
                seen += run->seen[at + i];
            BUG_ON(seen > (most < REDACT_SHOWN_MAX ? most : REDACT_SHOWN_MAX));
        }
}

static void stream(const struct redactor *r, const uint8_t *data, size_t size)
{
    struct run run = { .redactor = r,
                       .text = BUF_INIT(size + 1),
                       .pending = BUF_INIT(size + 1),
                       .out = BUF_INIT(SIZE_MAX / 2),
                       .seen = calloc(size + 1, 1) };
    struct buf whole = BUF_INIT(SIZE_MAX / 2), defined = BUF_INIT(SIZE_MAX / 2);
    bool paused = false;

    BUG_ON(!run.seen);
    while (size) {
        size_t n = 0;
        bool pause;
        while (n < size && data[n] != 0xfd && data[n] != 0xfc)
            n++;
        pause = n < size && data[n] == 0xfc;
        take(&run, data, n, false, pause);
        paused |= pause;
        n += n < size;
        data += n;
        size -= n;
    }
    take(&run, NULL, 0, true, false);
    check_seen(&run);
    define(&run.text, &defined);
    BUG_ON(!redact_text(r, run.text.data, run.text.len, false, &whole));
    BUG_ON(whole.len != defined.len || (whole.len && memcmp(whole.data, defined.data, whole.len)));
    BUG_ON(!paused && (run.out.len != whole.len ||
                       (whole.len && memcmp(run.out.data, whole.data, whole.len))));
    buf_release(&run.text);
    buf_release(&run.pending);
    buf_release(&run.out);
    buf_release(&whole);
    buf_release(&defined);
    free(run.seen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf values[VALUES_FUZZED] = { 0 };
    struct redactor *r;
    size_t count = 0;

    while (size && *data != 0xfe) {
        size_t n = 0;
        while (n < size && data[n] != 0xff && data[n] != 0xfe)
            n++;
        if (n && count < VALUES_FUZZED) {
            values[count] = (struct buf)BUF_INIT(SIZE_MAX / 2);
            BUG_ON(!buf_append(&values[count], data, n));
            add_forms(&values[count++]);
        }
        n += n < size && data[n] == 0xff;
        data += n;
        size -= n;
    }
    r = redactor_new(values, count);
    BUG_ON(!r != (count == 0));
    if (r && size && size < 4096)
        stream(r, data + 1, size - 1);
    redactor_free(r);
    for (size_t i = 0; i < count; i++)
        buf_release(&values[i]);
    while (wanted_count)
        buf_release(&wanted[--wanted_count]);
    return 0;
}
