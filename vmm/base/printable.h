/*
 * Foreign text as it may be shown: control characters, bytes that are not UTF-8 and characters that
 * reorder a line become escapes.
 */
#ifndef PYRO_PRINTABLE_H
#define PYRO_PRINTABLE_H

#include <stdbool.h>
#include <stddef.h>

#define PRINTABLE_MAX 16 /* bytes of one character in its escaped form, with the NUL */

/* Whether the n-byte UTF-8 sequence at s must not reach a terminal as it is. */
bool printable_is_unsafe(const char *s, size_t n);
/* The character or byte at s, of `left` bytes, as it may be shown; returns the bytes taken. */
size_t printable_one(const char *s, size_t left, char ret[PRINTABLE_MAX]);
/* All of s, or as much as `room` bytes take, the NUL among them. */
void printable_copy(const char *s, char *ret, size_t room);
/*
 * The last nonempty lines of a text, at most `lines_max` and as many as `room` bytes take, oldest
 * first and with " | " between them; each made printable, and cut if it is long. "" when there is
 * none.
 */
void printable_last_lines(const char *text, size_t n, unsigned lines_max, char *ret, size_t room);

#endif
