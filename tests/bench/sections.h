/*
 * The document of the bench: a section "## SYSTEM" for each system that was measured on, with the
 * system's table in it. A run of the bench replaces its own system's and keeps the others.
 */
#ifndef PYRO_BENCH_SECTIONS_H
#define PYRO_BENCH_SECTIONS_H

#include "vmm/base/buf.h"

/*
 * Appends the sections of `document`, in their order, with `section` (which begins with its
 * heading) in place of the one that has the same heading, or behind them. False: out of room.
 */
bool sections_replace(const char *document, const char *section, struct buf *ret) MUST_CHECK;
/* Whether there is a section with this heading line (without its end) that has a row of this name; NULL:
 * whether there is one. */
bool sections_has(const char *document, const char *heading, const char *name);
/*
 * Appends the section with this heading line, which is there, with more lines at the end of its table
 * and of its remarks. False: out of room.
 */
bool sections_extend(const char *document, const char *heading, const char *rows,
                     const char *remarks, struct buf *ret) MUST_CHECK;
/* Appends a table of the medians of all sections, side by side; nothing where there is only one. */
bool sections_compare(const char *sections, struct buf *ret) MUST_CHECK;

#endif
