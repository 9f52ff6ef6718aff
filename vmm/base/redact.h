/*
 * Taking secret values out of bytes, which may come in any pieces: each stretch that is covered by
 * occurrences of values becomes one REDACTED. The longest value at a place counts, and values that
 * overlap are one stretch, so that no occurrence leaves part of itself behind. What comes out does
 * not depend on how the bytes were cut: an end that could be the beginning of a value is held back
 * until the next bytes, or the end of the stream, decide.
 *
 * Someone may wait for the bytes held back (the echo of a letter). So after a pause
 * redactor_release() says how much of it may be shown anyway: never more than REDACT_SHOWN_MAX
 * bytes of a value, and never more than a quarter of it. The caller that shows it keeps it, and
 * hands it in again in front of what follows: the rest of the value is still found.
 *
 * How: a window as long as the shortest value (at most WINDOW_MAX) is moved along by how far its
 * last two bytes are from the end of any value's head (Wu and Manber); most bytes are never looked
 * at. An automaton (Aho and Corasick) looks at each, and its table, for values of many KiB, would
 * take many megabytes.
 */
#ifndef PYRO_REDACT_H
#define PYRO_REDACT_H

#include "vmm/base/buf.h"

#define REDACTED "[REDACTED]"
#define REDACTED_BYTES (sizeof(REDACTED) - 1)
/* bytes of one value and two for each newline in it */
#define REDACT_VALUE_MAX ((size_t)96 * 1024)
#define REDACT_VALUES_MAX 128
#define REDACT_HELD_MAX ((size_t)160 * 1024) /* no more than this is ever held back */
#define REDACT_SHOWN_MAX 3

/* Values, compiled. Read only: any number of streams may use one. */
struct redactor;

/*
 * Compiles `count` values, copied. One with newlines is looked for as a terminal prints it (CR LF)
 * as well, and as it appears in a patch, each line behind '+', '-' or ' '. The values are kept out
 * of core dumps. NULL: out of memory, or there is no value, an empty one, or one beyond the limits
 * above.
 */
struct redactor *redactor_new(const struct buf *values, size_t count) MUST_CHECK;
void redactor_free(struct redactor *r); /* wipes the values; NULL is fine */
static inline void cleanup_redactor(struct redactor **r)
{
    redactor_free(*r);
}
#define scoped_redactor __attribute__((cleanup(cleanup_redactor))) struct redactor

/* One look at n bytes, of which the first `shown` are out already (redactor_release()). */
struct redact_scan {
    const struct redactor *redactor; /* NULL: nothing is secret */
    const uint8_t *bytes;
    size_t n, shown, at;
    size_t held; /* from here on undecided; valid once all pieces were taken */
    bool final;  /* nothing follows: everything is decided */
};
/* Bytes to be put out as they are, and then, unless 0, bytes to be put out as REDACTED. */
struct redact_piece {
    size_t from, plain, value;
    size_t value_from; /* where the stretch begins: less than from + plain when some of it is out */
};
void redact_scan_init(struct redact_scan *s, const struct redactor *r, const void *bytes, size_t n,
                      size_t shown, bool final);
/* False: there are no more. */
bool redact_scan_next(struct redact_scan *s, struct redact_piece *ret);

/* How many of n bytes that were held back (the first `shown` of them out already) may be shown. */
size_t redactor_release(const struct redactor *r, const void *bytes, size_t n, size_t shown);
/* The bytes at the end of n that could be the beginning of a value. */
size_t redactor_tail(const struct redactor *r, const void *bytes, size_t n);
/* The longest that redactor_tail() can be. */
size_t redactor_tail_max(const struct redactor *r);

/* The same over a stream, where what comes out goes into a buffer. */
struct redact_stream {
    const struct redactor *redactor; /* borrowed; NULL: all goes through */
    struct buf held;
    size_t shown; /* of held */
};
void redact_stream_init(struct redact_stream *s, const struct redactor *r);
void redact_stream_release(struct redact_stream *s);
/* False: out does not take it (its maximum, memory); the stream is unusable then. */
bool redact_stream_push(struct redact_stream *s, const void *bytes, size_t n, bool final,
                        struct buf *out) MUST_CHECK;
/* After a pause: appends what may be shown. */
bool redact_stream_pause(struct redact_stream *s, struct buf *out) MUST_CHECK;
/* The end of bytes that go on at their source: a value may have been cut there. */
bool redact_stream_cut(struct redact_stream *s, struct buf *out) MUST_CHECK;
/* Whether redact_stream_pause() could have something to show. */
bool redact_stream_holds(const struct redact_stream *s);

/*
 * A whole text at once. `cut`: the text goes on at its source, so a value may have been cut at its
 * end. False: out does not take it.
 */
bool redact_text(const struct redactor *r, const void *bytes, size_t n, bool cut,
                 struct buf *out) MUST_CHECK;
/* Whether redact_text() would change anything. */
bool redact_finds(const struct redactor *r, const void *bytes, size_t n, bool cut);

#endif
