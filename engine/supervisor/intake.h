/*
 * A guest's output on its way into a log. Its bytes are given back their credit once they are in
 * the log's file; the guest keeps them until then, so a killed supervisor neither loses nor doubles
 * one: the next goes on where the file ends. When the file cannot be written (a full disk) the
 * bytes wait here, the guest waits for its credit, and the write is tried again.
 */
#ifndef PYRO_INTAKE_H
#define PYRO_INTAKE_H

#include "engine/supervisor/guest_log.h"
#include "engine/supervisor/supervisor.h"

struct intake {
    struct supervisor *supervisor;
    struct guest_log *log;
    struct stream *stream; /* the guest's */
    struct buf pending;    /* what the file did not take yet */
    struct loop_timer retry;
    bool ended;
    void (*drained)(void *arg); /* after intake_end(): all is in the file */
    void *arg;
};

/* All three are borrowed. */
void intake_init(struct intake *in, struct supervisor *s, struct guest_log *log,
                 struct stream *stream);
void intake_release(struct intake *in);
/* DATA of the stream: an offset and bytes. A guest that breaks the order is given up. */
void intake_data(struct intake *in, enum wire_channel channel, const uint8_t *bytes, size_t n);
/* No more comes. True when all is in the file; else drained() is called once it is. */
bool intake_end(struct intake *in, void (*drained)(void *arg), void *arg);
#endif
