/* The rows of a timeline: entries, as the columns show them. */
#ifndef PYRO_TUI_TIMELINE_ROW_H
#define PYRO_TUI_TIMELINE_ROW_H

#include "tui/columns.h"

extern const struct column timeline_columns[];
/* All of an entry's text, and the secrets that were given; new. */
char *timeline_row_text(const json_t *entry);
/* How it looks. */
enum role timeline_row_role(const json_t *entry);

#endif
