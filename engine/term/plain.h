/*
 * A plain read: the text a person would have seen scroll past, out of the raw bytes of one read and
 * of some before them, or what the bytes of the read changed in it. It picks the linear renderer
 * where that can answer, else it runs the grid renderer in a confined child; both give the same
 * text. docs/rendering.md states the rules.
 */
#ifndef PYRO_TERM_PLAIN_H
#define PYRO_TERM_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/term/plain_change.h"
#include "engine/term/plain_linear.h"
#include "vmm/base/buf.h"
#include "vmm/base/error.h"

/* The most text of one read; more is an error. */
#define PLAIN_TEXT_MAX ((size_t)512 * 1024 * 1024)

/* How far before a read's cursor the terminal is computed from, at most. */
#define PLAIN_LOOK_BACK ((size_t)256 * 1024)

/* Removes from a text what nobody may see; sets *ret_hidden when there was any, and then it has no
 * colours either. */
typedef bool plain_hide(void *user, struct buf *text, bool *ret_hidden, struct pyro_error *err);

/* The terminal's size from the byte at `offset` (into the bytes) on. */
struct plain_resize {
    size_t offset;
    int rows, cols;
};

/* A change not visible in the bytes: from the byte at `offset` on there is another size, or the
 * alternate screen has ended, because the program that used it is gone. */
struct plain_stop {
    size_t offset;
    const struct plain_resize *resize; /* NULL: the alternate screen has ended */
};

struct plain_options {
    int rows, cols; /* in force at the first byte; clamped to 1..1000 and 2..1000 */
    const struct plain_resize *resizes; /* by rising offset */
    size_t resize_count;
    const size_t *exits; /* where the alternate screen ended, by rising offset */
    size_t exit_count;
    bool alt_screen; /* the bytes start on the alternate screen */
    char in_string;  /* kind of the control string (] P _ ^ X k) they start inside, or 0 */
    /*
     * The cursor, an offset into the bytes: the answer is what the bytes from there on changed. 0:
     * all of the text. alt_from: the alternate screen is shown there.
     */
    size_t from;
    bool alt_from;
    bool ended; /* nothing will follow: hold nothing back */
    /* Offsets into the bytes, rising, of which the line that the cursor was in there is wanted. */
    const size_t *stamps;
    size_t stamp_count;
    /* For scrolling back through all of it: the text keeps its colours, as SGR sequences (each line
     * begins without any), and the lines that had left the screen when that was cleared. */
    bool colors;
    plain_hide *hide; /* applied before texts are compared; may be NULL */
    void *hide_user;
};

struct plain_result {
    struct buf text; /* owned by the caller: buf_release; UTF-8, LF line ends */
    size_t held;     /* bytes at the end, of those from `from` on, to be read again with what
                        follows */
    bool alt_screen; /* the read ends on the alternate screen */
    /* Of each stamp the number of a line of the text, below 0 for one above it; new, free(3). NULL:
     * they are not known, because something was hidden, which may have had line ends. */
    int64_t *stamp_lines;
};

/*
 * Renders n bytes. Errors: PYRO_NO_MEMORY (the text is too large), PYRO_INTERNAL (the
 * renderer's child ended unexpectedly). Blocks for as long as rendering takes.
 */
bool plain_render(const char *bytes, size_t n, const struct plain_options *options,
                  struct plain_result *ret, struct pyro_error *err) MUST_CHECK;

/*
 * Where to begin so that the changes of bytes[from..) are known: at 0 if that is at most
 * PLAIN_LOOK_BACK before `from`, else after the first LF past that bound that is outside any
 * sequence, or at the first such byte. The bytes given before the bound, some VT_SEQUENCE_MAX of
 * them, show which sequence it is in.
 */
size_t plain_find_start(const char *bytes, size_t from);

/* The next stop at or before `end`; `resizes` and `exits` count those that were taken. False: there
 * is none. */
bool plain_next_stop(const struct plain_options *options, size_t end, size_t *resizes,
                     size_t *exits, struct plain_stop *ret);

/* The grid renderer's answer, in this process: as the child does it, and as tests compare with. All
 * of the text; or also the text before `from`, which is outside any sequence, as is the end. */
bool plain_render_on_grid(const char *bytes, size_t n, const struct plain_options *options,
                          struct buf *text, bool *ret_alt_screen) MUST_CHECK;
bool plain_change_on_grid(const char *bytes, size_t n, const struct plain_options *options,
                          struct plain_change *change, bool *ret_alt_screen) MUST_CHECK;
/* The linear renderer's, if it has one: else PLAIN_LINEAR_NEEDS_GRID, and `change` is unchanged. */
enum plain_linear_result plain_change_linear(const char *bytes, size_t n,
                                             const struct plain_options *options,
                                             struct plain_change *change) MUST_CHECK;

#endif
