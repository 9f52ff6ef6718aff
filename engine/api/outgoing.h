/*
 * What is on its way to the client, in order: lines from memory, and the content of files (results
 * that a child wrote). The descriptor may be shared with other processes, so it stays blocking, and
 * is written in pieces of at most PIPE_BUF when poll(2) says so.
 */
#ifndef PYRO_API_OUTGOING_H
#define PYRO_API_OUTGOING_H

#include "vmm/base/loop.h"

struct outgoing_piece;

struct outgoing {
    struct loop *loop;
    int fd;
    struct outgoing_piece *first, *last;
    size_t waiting; /* bytes of lines in memory */
    bool watched, gone;
    loop_call_fn *changed; /* there is room again, all is out, or the reader is gone */
    struct loop_deferred call;
    void *arg;
};

void outgoing_init(struct outgoing *o, struct loop *loop, int fd, loop_call_fn *changed, void *arg);
void outgoing_release(struct outgoing *o);
/* No more should be produced until `changed`. A reader that is gone takes everything. */
bool outgoing_is_full(const struct outgoing *o);
bool outgoing_is_empty(const struct outgoing *o);
/* Appends whole lines. Nothing is lost while the reader is there: what is too much waits here. */
void outgoing_put(struct outgoing *o, const char *text, size_t n);
/* Appends the content of a file, whole lines; takes the descriptor. */
void outgoing_put_file(struct outgoing *o, int fd);

#endif
