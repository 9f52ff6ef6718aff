/* UTF-8 as RFC 3629 has it: no surrogates, nothing over U+10FFFF, no overlong forms. */
#ifndef PYRO_UTF8_H
#define PYRO_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_LENGTH_MAX 4 /* of one character, in bytes */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the valid sequence at s (1 to 4), or 0 when the first of the n bytes starts none. */
size_t utf8_valid_length(const char *s, size_t n);
/* Whether all n bytes are valid UTF-8. */
bool utf8_is_valid(const char *s, size_t n);
/* Bytes of the first `chars` characters; a byte that is not part of one counts as one. */
size_t utf8_bytes_of_chars(const char *s, size_t n, int64_t chars);
/* Bytes at the end that begin a character and do not finish it. */
size_t utf8_unfinished(const char *s, size_t n);
/* Copies n bytes as valid UTF-8 without control characters of C0 and C1, ended with a NUL, cut at a
 * character's end where `size` is too small. Returns how many bytes it has. */
size_t utf8_copy_printable(char *ret, size_t size, const char *s, size_t n);

#endif
