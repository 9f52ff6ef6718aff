/*
 * A terminal: libvterm behind its gate. It belongs in a confined child, because the bytes it is fed
 * are a guest's.
 */
#ifndef PYRO_TERM_TERMINAL_H
#define PYRO_TERM_TERMINAL_H

#include <vterm.h>

#include "engine/term/cell.h"
#include "engine/term/vtgate.h"

struct terminal {
    VTerm *vt;
    VTermScreen *screen;
    struct vtgate gate;
};

/*
 * Sizes are clamped. `callbacks`, `events` and `user` (theirs) are kept. Out of memory, here and
 * whenever it is fed or resized, it ends the process (sandbox_exhausted()).
 */
void terminal_init(struct terminal *t, int rows, int cols, const VTermScreenCallbacks *callbacks,
                   const struct vtgate_events *events, void *user);
void terminal_release(struct terminal *t);
/* The most a terminal of this size may allocate, in bytes, while it is resized too. */
size_t terminal_heap_bytes(int rows, int cols);
/*
 * Reads a cell of the screen; false beyond it. libvterm leaves one half of a wide character in
 * place when the other is overwritten, erased or moved: such a half comes as a blank of the same
 * look. A right half has chars[0] == -1.
 */
bool terminal_get(const struct terminal *t, int row, int col, VTermScreenCell *ret);
/* A row of the screen, from `left` on; cells beyond the screen are blank. */
void terminal_row(const struct terminal *t, int row, int left, int n, struct term_cell *ret);

#endif
