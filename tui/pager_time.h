/* The times at the beginning of a log's lines, as an operator reads and asks for them. */
#ifndef PYRO_TUI_PAGER_TIME_H
#define PYRO_TUI_PAGER_TIME_H

#include <stdbool.h>
#include <stddef.h>

#include "tui/format.h"

/* Columns of a time, with the blank behind it; with its date. */
#define PAGER_TIME_COLS 9
#define PAGER_DATE_COLS 15

/* A line's head (engine/shell/shell_times.h) in local time, `dated`: with the date; "" for one that
 * is not known. */
const char *pager_time_show(struct short_text *space, const char *head, bool dated);
/* Whether it is not of today. */
bool pager_time_is_older_day(const char *head, double now);
/* "10m" (ago), "14:30" (the last time it was that), or a date: as in a head, into 21 bytes. False:
 * it is none of them. */
bool pager_time_since(const char *text, double now, char *ret) __attribute__((warn_unused_result));
/* The same as epoch seconds. */
bool pager_time_read(const char *text, double now, double *ret) __attribute__((warn_unused_result));
/* Whether the line, which follows its head, is of that time or later; as a pager_wanted_fn. */
bool pager_time_is_since(const char *line, size_t n, const char *since);

#endif
