/* The answer of a token server (distribution's spec/auth/token.md). */
#ifndef PYRO_FETCH_TOKEN_H
#define PYRO_FETCH_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#define TOKEN_ANSWER_MAX (1024 * 1024)
#define TOKEN_SECONDS_MIN 60 /* also where the answer does not say */
#define TOKEN_SECONDS_MAX (24 * 3600)

/* The token, new, and how long it is good for; NULL when there is none that can be sent in a
 * header. */
char *token_parse(const char *bytes, size_t n, int64_t *ret_seconds);

#endif
