/* Both ends of a link, in one loop; or the bytes that an end would never send. */
#ifndef PYRO_TESTS_LINK_FIXTURE_H
#define PYRO_TESTS_LINK_FIXTURE_H

#include "tests/unit/unit.h"

#include "vmm/base/link.h"

/* The side that accepts. */
struct link_server {
    struct link *link;
    struct stream stream;
    char op[32];
    size_t request_bytes;
    bool ready, lost, cancelled, ended;
    int opened, readied;
    struct pyro_error why, closed_why;
    size_t received;
    bool consume;
    json_t *message;
    size_t to_send; /* bytes to be sent as there is room */
    size_t sent;
};

/* The side that opens. */
struct link_client {
    struct link *link;
    struct stream stream;
    bool lost, closed, ready, consume;
    struct pyro_error why, closed_why;
    json_t *result;
    size_t received;
    size_t to_send, sent;
};

extern struct loop *loop;
extern struct link_server server;
extern struct link_client client;
extern const struct link_ops server_ops, client_ops;
extern const struct stream_ops client_stream_ops;

/* A test's set-up and tear-down: a link of sockets. */
int set_up_links(void **state);
int tear_down_links(void **state);
/* Many passes of the loop, none of which waits. */
void run_links(void);
/* As the client; `op` is reply, refuse, or another, which the server accepts. */
void open_stream(const char *op);

/* Sends as there is room; `total` is what *sent ends at. */
void send_more(struct stream *s, size_t *sent, size_t total);

/* A frame. */
struct raw {
    uint32_t stream;
    uint8_t type, channel, flags;
    const char *payload;
    uint32_t length; /* 0: of the text */
};

void write_raw(int fd, const struct raw *raw);

#endif
