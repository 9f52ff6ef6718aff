/* All that went wrong, or was done, while the interface ran: the lines of the log screen. Bounded.
 */
#ifndef PYRO_TUI_LOG_H
#define PYRO_TUI_LOG_H

#include <stddef.h>

#include "tui/theme.h"
#include "vmm/base/cleanup.h"

#define LOG_LINES 1000

struct log_line {
    double time; /* epoch seconds */
    enum role role;
    char *text;
};

void log_add(enum role role, const char *fmt, ...) PRINTF_LIKE(2, 3);
size_t log_count(void);
/* The i-th from the oldest kept. */
const struct log_line *log_at(size_t i);
void log_release(void);

#endif
