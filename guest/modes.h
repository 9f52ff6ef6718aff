/* The modes set by a terminal's output that say how input is wanted: whether pastes are bracketed
 * (DEC private mode 2004). Text is skipped, not looked at. */
#ifndef PYRO_GUEST_MODES_H
#define PYRO_GUEST_MODES_H

#include <stdbool.h>
#include <stddef.h>

struct modes {
    enum { MODES_TEXT, MODES_ESCAPE, MODES_CSI, MODES_PRIVATE } state;
    unsigned number;
    bool named; /* one of the sequence's numbers was 2004 */
    bool paste;
};

/* The next n bytes of output, in any split. */
void modes_feed(struct modes *m, const char *bytes, size_t n);

#endif
