/*
 * Taking a layer's compression off in a process of its own, so that it goes on while what it gave is
 * hashed and written. That process is begun before the jail, and confines itself in the same way; it
 * gets jobs through a pipe and puts the tar into memory that both have. Where it was not begun, the
 * same is done here, piece by piece.
 */
#ifndef PYRO_IMAGE_INFLATING_H
#define PYRO_IMAGE_INFLATING_H

#include "engine/image/tar/inflate.h"

/* Begins the process, for a program that confines itself afterwards; `confine` is how it does. */
bool inflating_prepare(bool (*confine)(struct pyro_error *err), struct pyro_error *err) MUST_CHECK;
/* Ends it; only a test has to. */
void inflating_end(void);

/* A layer on its way. Zeroed, and not moved while it is used. */
struct inflating {
    struct inflate *here; /* without the process */
    uint8_t *bytes;
    bool is_there, has_piece;
    int64_t consumed; /* of the blob, for what has come of the tar */
};

/* Of the pipe of arrival.h; -1: all layers are there. */
void inflating_watch(int arrivals_fd);
bool inflating_begin(struct inflating *s, const struct inflate_job *job,
                     struct pyro_error *err) MUST_CHECK;
/* The next bytes, valid until the next call; *ret_n is 0 at the end. Errors are those of
 * inflate_read(). */
bool inflating_next(struct inflating *s, const void **ret, size_t *ret_n,
                    struct pyro_error *err) MUST_CHECK;
void inflating_release(struct inflating *s);

#endif
