/*
 * The fast plain renderer, for output that only ever moves along its own line: text, colours, CR,
 * BS, TAB, EL, movement in the line, control strings and modes that draw nothing. Text and
 * escape-free stretches are copied with SIMD; a line gets cells only when something in it is
 * overwritten.
 *
 * Anything it cannot do it refuses as a whole, and the grid renderer does it; when it does answer,
 * its answer is the grid's, byte for byte.
 */
#ifndef PYRO_TERM_PLAIN_LINEAR_H
#define PYRO_TERM_PLAIN_LINEAR_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/term/vtparse.h"
#include "vmm/base/buf.h"

enum plain_linear_result {
    PLAIN_LINEAR_DONE,
    PLAIN_LINEAR_NEEDS_GRID, /* discard what was appended to `out` */
    PLAIN_LINEAR_NO_MEMORY
};

/* The line starts of a rendering, for a caller that streams: the last `size` of them, oldest
 * overwritten. */
struct plain_line_mark {
    size_t in, out; /* offsets into the input, and into the appended text */
};
struct plain_line_marks {
    struct plain_line_mark *mark;
    size_t size, count; /* count goes on; mark[count % size] is the oldest once it is full */
};

/*
 * Renders a fresh terminal of `cols` (2 to 1000) columns that is fed all n bytes, and appends its
 * text to `out`. `in_string`: the kind (vtparse.h) of the control string that the bytes start
 * inside, or 0. `marks` may be NULL; only starts of lines that begin in the first column are noted.
 * Never blocks.
 */
enum plain_linear_result plain_linear_render(const char *bytes, size_t n, int cols, char in_string,
                                             struct plain_line_marks *marks, struct buf *out);

/* The effect of a control sequence, for the linear renderer. */
enum plain_linear_effect {
    PLAIN_LINEAR_NOTHING,
    PLAIN_LINEAR_IN_LINE, /* it moves or erases in the cursor's line */
    PLAIN_LINEAR_BEYOND   /* only the grid can do it */
};
enum plain_linear_effect plain_linear_effect(const struct vt_csi *csi);

/* The start of a read that is given bytes before it, and the state there. */
struct plain_linear_from {
    size_t at;         /* offset into the input, outside any character and sequence */
    struct buf before; /* gets the text up to there; the caller's */
    bool rewrites;     /* the first text printed after it is within that text */
};
/* The same, with `from`, which is set in any case. */
enum plain_linear_result plain_linear_render_from(const char *bytes, size_t n, int cols,
                                                  char in_string, struct plain_linear_from *from,
                                                  struct buf *out);

#endif
