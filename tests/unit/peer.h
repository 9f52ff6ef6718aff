/*
 * The supervisor's side of a link in tests: a loop, a link, and requests that collect what comes
 * back. Every failure that a test does not look for ends the program with a message.
 */
#ifndef PYRO_TESTS_PEER_H
#define PYRO_TESTS_PEER_H

#include <sys/types.h>

#include "vmm/base/buf.h"
#include "vmm/base/link.h"

#define PEER_WAIT_MS 120000 /* nothing that is waited for takes that long */

struct peer {
    struct loop *loop;
    struct link *link; /* NULL once it is lost */
    bool ready, lost;
    struct pyro_error why; /* of the loss */
};

/* The result of one request. */
struct call {
    struct stream stream;
    struct peer *peer;
    bool done, lost;
    bool out_ended, err_ended;
    json_t *result; /* owned */
    struct buf out, err;
    uint64_t out_bytes, err_bytes;
    uint32_t sum;      /* of stdout's bytes: peer_sum() */
    bool discard;      /* do not keep the output */
    bool stall;        /* give no credit back */
    size_t owed;       /* credit not given back */
    const char *input; /* borrowed: sent as there is credit */
    size_t input_len, input_at;
    bool input_open; /* no END after it */
};

/* Takes the descriptor. */
void peer_open(struct peer *p, int fd, enum link_kind kind);
/* Drops the connection without a word, as a process that was killed. */
void peer_close(struct peer *p);
/* Runs the loop until *flag. */
void peer_wait(struct peer *p, const bool *flag);

void call_init(struct call *c, struct peer *p);
/* Sends the request (stolen). */
void call_start(struct call *c, json_t *request);
void call_wait(struct call *c);
/* Waits until that much standard output has come. */
void call_wait_output(struct call *c, uint64_t bytes);
/* Gives back what a stalled call owes, and no longer stalls. */
void call_resume(struct call *c);
/* All in one; to be released by call_release(). */
void call_run(struct call *c, struct peer *p, json_t *request);
void call_release(struct call *c);

/* {"op": "begin", …} with fresh random values. */
json_t *peer_begin_request(const char *root);
/* {"op": "exec", "command": ["sh", "-c", script]}. */
json_t *peer_sh(const char *script);
/* {"op": name}. */
json_t *peer_op(const char *name);
/* A running checksum. */
uint32_t peer_sum(uint32_t sum, const void *bytes, size_t n);
_Noreturn void die(const char *fmt, ...) PRINTF_LIKE(1, 2);
int64_t now_us(void);

#endif
