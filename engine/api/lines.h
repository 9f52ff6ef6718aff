/*
 * Lines out of a stream of bytes from outside, each at most so long; what is longer is reported
 * once and dropped up to its end.
 */
#ifndef PYRO_API_LINES_H
#define PYRO_API_LINES_H

#include "vmm/base/buf.h"

#define LINES_CLIENT_MAX ((size_t)16 * 1024 * 1024) /* of a line that a client sends */

struct lines {
    struct buf bytes; /* that are not taken yet */
    size_t at;        /* where the next line begins in them */
    size_t looked;    /* up to where there is no end of a line */
    size_t max;
    bool dropping;
};

enum lines_next { LINES_NONE, LINES_LINE, LINES_TOO_LONG };

/* A line may have up to max bytes. */
void lines_init(struct lines *l, size_t max);
void lines_release(struct lines *l);
/* Adds at most 64 KiB, when lines_next() has said that there is no line; false: out of memory. */
bool lines_add(struct lines *l, const void *bytes, size_t n) MUST_CHECK;
/* The next line without its end (LF or CR LF), NUL-terminated, borrowed until the next call. At the
 * end of the stream (`end`) what is left is a line, too. */
enum lines_next lines_next(struct lines *l, bool end, char **ret, size_t *ret_n);

#endif
