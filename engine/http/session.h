/*
 * Sessions of the protocol's older era. Nothing depends on one but the cancelling of a request: its
 * id is the client's own, and says nothing without the client. There are as many as fit; the one
 * that was not used for the longest makes room for the next.
 */
#ifndef PYRO_HTTP_SESSION_H
#define PYRO_HTTP_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#define SESSIONS_MAX 256
#define SESSION_ID_SIZE 33 /* 32 hex digits and a NUL */

struct sessions {
    struct {
        char id[SESSION_ID_SIZE]; /* "": free */
        uint64_t used;
    } all[SESSIONS_MAX];
    uint64_t uses;
};

/* A new one; its id is not to be guessed. */
void session_begin(struct sessions *s, char ret_id[SESSION_ID_SIZE]);
/* False: there is none of that id. */
bool session_use(struct sessions *s, const char *id);
bool session_end(struct sessions *s, const char *id);

#endif
