/* UTF-8 as RFC 3629 has it: no surrogates, nothing over U+10FFFF, no overlong forms. */
#ifndef PYRO_UTF8_H
#define PYRO_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the valid sequence at s (1 to 4), or 0 when the first of the n bytes starts none. */
size_t utf8_valid_length(const char *s, size_t n);
/* Whether all n bytes are valid UTF-8. */
bool utf8_is_valid(const char *s, size_t n);
/* Bytes at the end that begin a sequence and do not finish it. */
size_t utf8_unfinished(const char *s, size_t n);

#endif
