/*
 * fsync(2) of several files without waiting for it: by the kernel's own asynchronous I/O, so that a
 * disk busy with someone else's gigabyte does not keep this program from its shells.
 */
#ifndef PYRO_GUEST_FILE_SYNC_H
#define PYRO_GUEST_FILE_SYNC_H

#include "guest/guest.h"

#define FILE_SYNC_MAX 64

struct file_sync;

/* error: 0, or the errno of one that failed. Called from the loop, once; *s is gone then. */
typedef void file_sync_done_fn(void *arg, int error);

/* Begins; the descriptors (1 to FILE_SYNC_MAX) may be closed as soon as this returns. Where the
 * kernel lacks these calls it waits after all. NULL when out of memory. */
struct file_sync *file_sync_start(struct guest *g, const int *fds, unsigned count,
                                  file_sync_done_fn *done, void *arg) MUST_CHECK;
/* done() will not be called. */
void file_sync_abandon(struct file_sync *s);

#endif
