/* Shared by the two halves of the gate. Not for users of the gate. */
#ifndef PYRO_TERM_VTGATE_PARTS_H
#define PYRO_TERM_VTGATE_PARTS_H

#include "engine/term/vtgate.h"
#include "vmm/base/cleanup.h"

/* Writes queued text. */
void vtgate_flush(struct vtgate *g);
/* Composes one sequence (at most 127 bytes) and writes it, after the queued text. */
void vtgate_send(struct vtgate *g, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Where the cursor is once the queued text is written, always on the screen. */
VTermPos vtgate_cursor(struct vtgate *g);
/* Prints one character. */
void vtgate_put(struct vtgate *g, uint32_t c);
/* Puts the cursor where a wrap is pending again, after it had to move. */
void vtgate_restore_pending(struct vtgate *g);
void vtgate_save_cursor(struct vtgate *g);
void vtgate_restore_cursor(struct vtgate *g);
/* Restores the state of a saved cursor, except for its position. */
void vtgate_take_kept(struct vtgate *g, const struct vtgate_kept *kept);
/* Origin mode and margins off; the cursor stays. */
void vtgate_reset_margins(struct vtgate *g);
/* The handlers of the parser's events. */
void vtgate_on_csi(void *user, const struct vt_csi *csi);
void vtgate_on_control(void *user, unsigned char c);
void vtgate_on_escape(void *user, char mid, char final);
void vtgate_on_string(void *user, char kind, const char *s, size_t n);

#endif
