/*
 * A request about files, from its input to its CLOSE: what file_list, file_read and file_write have
 * in common. Input is gathered (or taken as it comes) to its END; then output is made piece by
 * piece, as the stream has credit, never more than a little a pass of the loop.
 */
#ifndef PYRO_GUEST_FILE_OP_H
#define PYRO_GUEST_FILE_OP_H

#include "guest/guest.h"

enum file_fill {
    FILE_FILL_MORE,
    FILE_FILL_END,
    FILE_FILL_WAIT, /* file_op_resume() will be called */
    FILE_FILL_FAILED
};

struct file_op;

struct file_op_type {
    bool changes; /* files: its input waits while the file system is held still */
    /* Takes input as it comes; NULL: it is gathered in op->in. */
    bool (*input)(struct file_op *op, const uint8_t *bytes, size_t n, struct pyro_error *err);
    /* The input has ended. */
    bool (*begin)(struct file_op *op, struct pyro_error *err);
    /* Appends some 16 KiB to op->out; NULL: there is no output. */
    enum file_fill (*fill)(struct file_op *op, struct pyro_error *err);
    /* The result to close with, new; NULL: {}. */
    json_t *(*result)(struct file_op *op);
    /* Frees the struct that holds op, and all it owns. */
    void (*release)(struct file_op *op);
};

/* Embedded. */
struct file_op {
    struct guest *g;
    const struct file_op_type *type;
    struct stream stream;
    struct loop_deferred again;
    struct buf in, out;
    struct buf held; /* input that waits, its credit not given back */
    bool end_held;
    struct loop_timer thawed;
    bool begun, filled, waits;
};

#define FILE_FILL_BYTES 16384

/* The event that fill() waited for has happened: calls it again. */
void file_op_resume(struct file_op *op);

/* Accepts the stream. False: nothing was accepted, and the op is released. */
bool file_op_start(struct file_op *op, struct guest *g, const struct file_op_type *type,
                   uint32_t id, struct pyro_error *err) MUST_CHECK;

#endif
