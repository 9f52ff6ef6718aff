/* How a line of a patch looks. */
#ifndef PYRO_TUI_DIFF_LINE_H
#define PYRO_TUI_DIFF_LINE_H

#include "tui/theme.h"

/*
 * Of `line` (n bytes), which is in a text that begins at `text`: the lines before it tell a file's
 * names ("--- a/x") from a deleted line that looks like them ("-- a/x"). A piece of a long line
 * looks as its line does.
 */
enum role diff_line_role(const char *text, const char *line, size_t n);

#endif
