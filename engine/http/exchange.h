/*
 * Requests under way: many clients of HTTP before one line to the engine.
 *
 * Ids and progress tokens are each client's own, so two may well use the same: on their way to the
 * engine all of them are replaced by one number, and put back in what it answers. The rest of a
 * message passes as it is.
 */
#ifndef PYRO_HTTP_EXCHANGE_H
#define PYRO_HTTP_EXCHANGE_H

#include <stdint.h>

#include "engine/http/session.h"
#include "engine/mcp/message.h"

struct exchange {
    struct exchange *next;
    int64_t number;
    json_t *id, *token; /* the client's; token NULL: it wants no progress */
    bool modern, initializes;
    char session[SESSION_ID_SIZE]; /* "": none */
    void *client;                  /* NULL: gone, and so is the answer when it comes */
};

struct exchanges {
    struct exchange *first;
    size_t count;
    int64_t last;
};

/* What the engine said of an exchange. */
struct exchange_news {
    struct exchange *exchange;
    char *text;      /* a line for its client; the caller frees */
    bool is_answer;  /* the last; the caller ends the exchange */
    bool failed;     /* … an error of the protocol */
    unsigned status; /* … of HTTP */
};

/* Begins one for a request with an id; `session` may be NULL. *ret_line is the line for the engine,
 * which the caller frees: with `events` its progress is asked for. */
struct exchange *exchange_begin(struct exchanges *all, const struct mcp_message *m,
                                const char *session, bool events, char **ret_line);
void exchange_end(struct exchanges *all, struct exchange *x);
void exchanges_release(struct exchanges *all);
/* The one that a session began under this id; NULL: none. */
struct exchange *exchange_find(const struct exchanges *all, const char *session, const json_t *id);
/* Takes a line of the engine; false: it is about none of these. */
bool exchange_take(const struct exchanges *all, const char *line, size_t n,
                   struct exchange_news *ret);
/* The line that cancels it, which the caller frees. */
char *exchange_cancel_line(const struct exchange *x);
/* {error} of the protocol as a line, which the caller frees; `id` may be NULL. */
char *exchange_error_line(json_t *id, const struct mcp_error *why);

#endif
