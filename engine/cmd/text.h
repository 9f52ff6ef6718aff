/*
 * Text on its way to a person. Whatever could hold foreign bytes (names, labels, paths, messages
 * that quote them) passes here: control characters, bytes that are not UTF-8 and characters that
 * reorder a line are shown as escapes, so that no text drives the terminal.
 */
#ifndef PYRO_CMD_TEXT_H
#define PYRO_CMD_TEXT_H

#include <stdio.h>

#include "vmm/base/buf.h"

/* Prints s for one line: newline and tab come out as \n and \t. NULL prints nothing. */
void text_print(FILE *out, const char *s);
/* The same for text of several lines: newline and tab are kept. */
void text_print_lines(FILE *out, const char *s);
/* Appends what text_print() prints. */
bool text_escape(struct buf *to, const char *s) MUST_CHECK;
/* Appends n bytes of anything as text_print_lines() prints text. */
bool text_escape_lines(struct buf *to, const char *bytes, size_t n) MUST_CHECK;

/*
 * Appends a word as a POSIX shell reads it back: as it is when plain, in '…' when it holds a space
 * or quote, in $'…' with escapes when it holds a control character.
 */
bool text_quote(struct buf *to, const char *word) MUST_CHECK;
/* Appends words quoted and separated by spaces. */
bool text_quote_words(struct buf *to, const char *const *words, size_t count) MUST_CHECK;

/* "Did you mean": the best of the candidates (NULL-terminated) that word could be a slip of; NULL
 * when none is near. */
const char *text_nearest(const char *word, const char *const *candidates);

#endif
