/*
 * The answer to one HTTP request: a message as application/json, or events as they come and the
 * message last. Which of them, is decided by what comes first.
 *
 * Theory of operation. While there is nothing to say, the connection is suspended in libmicrohttpd.
 * A suspended one misses that its client closes: the owner watches for that, and calls
 * answer_lose(). The library asks for more only after answer_wake(); a reader that gives nothing
 * without being suspended would be asked again and again.
 */
#ifndef PYRO_HTTP_ANSWER_H
#define PYRO_HTTP_ANSWER_H

#include <microhttpd.h>
#include <stdbool.h>

#include "vmm/base/buf.h"

#define ANSWER_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define ANSWER_EVENTS_MAX ((size_t)64 * 1024) /* waiting: progress beyond that is dropped */

struct answer {
    struct MHD_Connection *connection;
    unsigned status;     /* 0: there is nothing to say yet */
    const char *type;    /* of the text; NULL: there is no text */
    const char *session; /* that begins with it; NULL: none. Borrowed */
    struct buf text;     /* what was not handed over yet */
    size_t sent;         /* of it */
    size_t given;        /* bytes that the library holds until the request is over */
    bool streams, ended, lost, suspended;
    void (*moved)(void *owner); /* some of the text has gone, or all of it and it is suspended */
    void *owner;
};

void answer_init(struct answer *a, struct MHD_Connection *connection, void (*moved)(void *owner),
                 void *owner);
void answer_release(struct answer *a);
/* The whole answer; the text may be NULL. In a stream it is the last event. */
void answer_give(struct answer *a, unsigned status, const char *type, const char *text);
/* An event of a stream, which begins with the first. */
void answer_tell(struct answer *a, const char *line);
/* Bytes of it in memory. */
size_t answer_held(const struct answer *a);
/* Nothing more comes: the stream ends as it is, and without one there is no content. */
void answer_end(struct answer *a);
/* The client is gone. */
void answer_lose(struct answer *a);
/* From the handler of requests, when the request is complete: queues what there is to say, or
 * suspends the connection. */
enum MHD_Result answer_go_on(struct answer *a);

#endif
