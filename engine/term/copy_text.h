/* The inner loop of the fast renderer: copying printable ASCII up to the first byte that is
 * anything else. */
#ifndef PYRO_TERM_COPY_TEXT_H
#define PYRO_TERM_COPY_TEXT_H

#include <stddef.h>

/* Room that the destination must have beyond n: whole vectors are stored. */
#define COPY_TEXT_SLACK 64

/* Copies bytes 0x20..0x7e from src to dst, stops at the first other one; returns how many were
 * copied. */
size_t copy_text(char *dst, const char *src, size_t n);

#endif
