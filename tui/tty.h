/*
 * The operator's terminal: taken over at the start, given back as it was on every way out:
 * quitting, a fatal signal, a crash, exit(). While it is held, standard error is a memory file, so
 * that no library scribbles on the screen; what was written there is printed when the terminal is
 * back. One for the process.
 */
#ifndef PYRO_TUI_TTY_H
#define PYRO_TUI_TTY_H

#include <stddef.h>

#include "vmm/base/error.h"

/*
 * Alternate screen, raw mode, mouse (1002, 1006), bracketed paste, focus. Fails when standard input
 * or output is not a terminal. color_init() has been called when it returns.
 */
bool tty_open(struct pyro_error *err) MUST_CHECK;
/* Gives the terminal back; harmless when it is not held. */
void tty_close(void);
/* The same after the terminal is gone: nothing is written to it. */
void tty_abandon(void);
/* The size now, as the terminal tells; false when it does not. */
bool tty_size(int *ret_rows, int *ret_cols);
/* Sends bytes of our own beside what ncurses sends (between two updates): OSC 52, a cursor shape.
 * They must leave the cursor and colours alone. */
void tty_send(const void *bytes, size_t n);
/* Cursor shape of DECSCUSR, 0 to 6; sent only when it changes. */
void tty_cursor_shape(int shape);

#endif
