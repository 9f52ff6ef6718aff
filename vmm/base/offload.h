/*
 * Work that takes long, done by a child of this process while its loop goes on: writing a large
 * file, computing over one. The child has this process's memory as it was and all descriptors; it
 * dies with this process.
 */
#ifndef PYRO_OFFLOAD_H
#define PYRO_OFFLOAD_H

#include <sys/types.h>

#include "vmm/base/loop.h"

struct offload;

/* In the child. What it changes is lost, but for files and shared memory. */
typedef bool offload_run_fn(void *arg, struct pyro_error *err);
/* From the loop, once; why: NULL if it succeeded. */
typedef void offload_done_fn(void *arg, const struct pyro_error *why);

/* Starts it; NULL with the error, and neither function is called. */
struct offload *offload_start(struct loop *loop, offload_run_fn *run, offload_done_fn *done,
                              void *arg, struct pyro_error *err) MUST_CHECK;
/* Kills it; done() is not called. NULL is fine, one whose done() was called is not. */
void offload_cancel(struct offload *o);

#endif
