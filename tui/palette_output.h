/* What a command of the palette has said, once it is over. */
#ifndef PYRO_TUI_PALETTE_OUTPUT_H
#define PYRO_TUI_PALETTE_OUTPUT_H

#include "tui/job.h"

/* In a pager; why it failed is beside its title, and what it said last is at the end. */
void palette_output_show(const struct job_end *end);
/* Of one that did what it should, or was ended: a line in the key bar, more in a pager. */
void palette_output_tell(const struct job_end *end);

#endif
