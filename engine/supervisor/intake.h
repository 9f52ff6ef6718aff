/*
 * A guest's output on its way into a log, secrets taken out. Credit for its bytes is returned once
 * they are in the log's file; the guest keeps them until then, so a killed supervisor neither loses
 * nor repeats any: the next one continues where the file ends. When the file cannot be written (a
 * full disk) the bytes wait here, the guest waits for its credit, and the write is tried again.
 *
 * An end that could begin a secret's value waits here too. After PAUSE_MS of silence as much of it
 * as may be seen is written; it is kept to find the rest by, and so is the end of the file when a
 * supervisor takes over from a killed one.
 */
#ifndef PYRO_INTAKE_H
#define PYRO_INTAKE_H

#include "engine/supervisor/guest_log.h"
#include "engine/supervisor/supervisor.h"

struct intake {
    struct supervisor *supervisor;
    struct guest_log *log;
    struct stream *stream; /* the guest's */
    struct buf pending;    /* not yet taken by the file, after `shown` bytes that it has */
    size_t shown;
    struct loop_timer retry, pause;
    bool ended;
    void (*drained)(void *arg); /* after intake_end(): all is in the file */
    void *arg;
};

/* All three are borrowed. */
void intake_init(struct intake *in, struct supervisor *s, struct guest_log *log,
                 struct stream *stream);
void intake_release(struct intake *in);
/* Before the first DATA, with the log open: if an earlier supervisor showed the start of a possible
 * value, it is the end of the file. */
void intake_recall(struct intake *in);
/* DATA of the stream: an offset and bytes. A guest that breaks the order is ended. */
void intake_data(struct intake *in, enum wire_channel channel, const uint8_t *bytes, size_t n);
/* No more comes. True when all is in the file; else drained() is called once it is. */
bool intake_end(struct intake *in, void (*drained)(void *arg), void *arg);
/* No more comes, and nothing waits for it: writes what can be written. */
void intake_flush(struct intake *in);
/* Whether all that came is in the file. */
bool intake_is_drained(const struct intake *in);
/* The guest says that it is silent: the pause is over. */
void intake_pause(struct intake *in);
/* The guest's offset after the last byte that came. */
uint64_t intake_offset(const struct intake *in);
#endif
