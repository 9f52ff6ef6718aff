/*
 * The inner loop of the fast renderer: copying printable ASCII, with CR LF turned into LF and
 * colours left out, up to the first byte that needs more work.
 */
#ifndef PYRO_TERM_COPY_TEXT_H
#define PYRO_TERM_COPY_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Room that the destination must have beyond n: whole vectors are stored. */
#define COPY_TEXT_SLACK 64

struct copy_run {
    size_t in, out; /* bytes taken and bytes given */
    bool line_began;
    size_t line; /* where in the output the last line began */
};

/*
 * Copies from src to dst. It stops before a byte that is not 0x20..0x7e, unless that begins CR LF
 * or an SGR sequence of digits, semicolons and colons; with `each_line` also after each CR LF.
 */
void copy_text(char *dst, const char *src, size_t n, bool each_line, struct copy_run *ret);

#endif
