/*
 * The lines of `workspace diff --stat`, one for each changed path, as they are shown: a letter for
 * what was done, the lines added and deleted in columns, a bar of the two, the path.
 */
#ifndef PYRO_TUI_DIFF_STAT_H
#define PYRO_TUI_DIFF_STAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diff_stat {
    int added_cols, deleted_cols; /* of the widest counts */
};

/* Measures the lines from `text` on that are of changed paths; returns how many bytes those are. */
size_t diff_stat_measure(struct diff_stat *s, const char *text, size_t n);
/*
 * A line as it is shown, each byte with its look (engine/term/sgr.h), into `ret` and `looks`, which
 * may be NULL; both have room for `size`. Returns its length; 0 when the line is not of a path.
 */
size_t diff_stat_show(const struct diff_stat *s, const char *line, size_t n, char *ret,
                      uint64_t *looks, size_t size);

#endif
