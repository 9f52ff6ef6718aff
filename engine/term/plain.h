/*
 * A plain read: the text a person would have seen scroll past, out of the raw bytes of one read. It
 * picks the linear renderer where that can answer and else runs the grid renderer in a confined
 * child; both give the same text. docs/rendering.md states the rules.
 */
#ifndef PYRO_TERM_PLAIN_H
#define PYRO_TERM_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

/* Of the text one read gives; more is an error. */
#define PLAIN_TEXT_MAX ((size_t)512 * 1024 * 1024)

/* The terminal's size from the byte at `offset` (into the bytes of the read) on. */
struct plain_resize {
    size_t offset;
    int rows, cols;
};

struct plain_options {
    int rows, cols; /* in force at the first byte; clamped to 1..1000 and 2..1000 */
    const struct plain_resize *resizes; /* by rising offset */
    size_t resize_count;
    bool alt_screen; /* the read starts on the alternate screen */
    char in_string;  /* kind of the control string (] P _ ^ X k) it starts inside, or 0 */
    bool ended;      /* nothing will follow: hold nothing back */
    /* For whoever looks back on all of it: the text keeps its colours, as SGR sequences (each line
     * begins without any), and what had left the screen when that was cleared. */
    bool colors;
};

struct plain_result {
    struct buf text; /* owned by the caller: buf_release; UTF-8, LF line ends */
    size_t held;     /* bytes at the end that are to be read again with what follows */
    bool alt_screen; /* the read ends on the alternate screen */
};

/*
 * Renders n bytes of one read. Errors: PYRO_NO_MEMORY (the text is too large), PYRO_INTERNAL (the
 * renderer's child ended unexpectedly). Blocks for as long as rendering takes.
 */
bool plain_render(const char *bytes, size_t n, const struct plain_options *options,
                  struct plain_result *ret, struct pyro_error *err) MUST_CHECK;

/* The grid renderer's answer, in this process: what the child does, and what tests compare with. */
bool plain_render_on_grid(const char *bytes, size_t n, const struct plain_options *options,
                          struct buf *text, bool *ret_alt_screen) MUST_CHECK;

#endif
