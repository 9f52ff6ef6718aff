/*
 * The operator's keys, pastes and mouse as the bytes that a shell's program expects: ordinary bytes
 * pass as they came, keys follow the modes that the program has set.
 */
#ifndef PYRO_TUI_SHELL_KEYS_H
#define PYRO_TUI_SHELL_KEYS_H

#include "engine/term/vtgate.h"
#include "tui/input.h"

/* Appends a key, or nothing for one without a meaning to programs, such as an answer of the
 * operator's terminal. False when `out` is full. */
bool shell_keys_put_key(struct buf *out, const struct key_event *e,
                        const struct vtgate_modes *modes) MUST_CHECK;
/*
 * Appends pasted text without its control characters, but for TAB and the ends of lines: a paste
 * cannot press keys. `first` and `last` tell the pieces of a long paste apart.
 */
bool shell_keys_put_paste(struct buf *out, const char *text, size_t n, bool first, bool last,
                          const struct vtgate_modes *modes) MUST_CHECK;
/* Appends a mouse event at a place (from 0) on the program's screen, when it wants such events. */
bool shell_keys_put_mouse(struct buf *out, const struct key_event *e, int row, int col,
                          const struct vtgate_modes *modes) MUST_CHECK;
/* Appends the wheel's turn as so many arrow keys up or down: what a program on the alternate screen
 * gets that has not asked for the mouse. */
bool shell_keys_put_wheel(struct buf *out, const struct key_event *wheel, int rows,
                          const struct vtgate_modes *modes) MUST_CHECK;

#endif
