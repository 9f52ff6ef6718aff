/* What a server wants before it serves: the header WWW-Authenticate (RFC 9110, section 11). */
#ifndef PYRO_CHALLENGE_H
#define PYRO_CHALLENGE_H

#include <stdbool.h>

#define CHALLENGE_REALM_MAX 2048
#define CHALLENGE_WORD_MAX 512

enum challenge_scheme { CHALLENGE_NONE, CHALLENGE_BASIC, CHALLENGE_BEARER };

struct challenge {
    enum challenge_scheme scheme;
    char realm[CHALLENGE_REALM_MAX];  /* of Bearer: the URL where tokens are had */
    char service[CHALLENGE_WORD_MAX]; /* "": not stated */
    char error[CHALLENGE_WORD_MAX];   /* "": none; "insufficient_scope" */
};

/*
 * Takes the challenges of one header into *best, which holds the best of those before it: Bearer
 * with a realm rather than Basic, the first of each. One that is malformed, too long or of another
 * scheme is passed over.
 */
void challenge_take(const char *header, struct challenge *best);

#endif
