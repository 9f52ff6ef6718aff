/*
 * Hostile bytes are rendered at a distance: in a forked child whose seccomp filter leaves it read,
 * write, exit and the return from signals, and nothing but a place to read from and one to write
 * to. Its memory is mapped before the filter; asking for more fails as out of memory. The worst a
 * byte stream can do is end that child.
 *
 * Sanitizer builds run the same child without the filter, because their run time needs other system
 * calls.
 */
#ifndef PYRO_SANDBOX_H
#define PYRO_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "vmm/base/buf.h"
#include "vmm/base/error.h"

/* Runs in the child: reads descriptor 0, writes descriptor 1; its result is whether the child
 * succeeds. */
typedef bool sandbox_job(void *arg);

struct sandbox_task {
    sandbox_job *job;
    void *arg;
    size_t heap_bytes;    /* what it may allocate, touched only as it is used */
    unsigned cpu_seconds; /* after which the child is killed; 0: never */
};

/*
 * Starts a child with in_fd (-1: /dev/null) as descriptor 0 and out_fd as 1; every other descriptor
 * is closed in it. It dies with its parent. The caller closes its own ends and waits for *ret_pid.
 */
bool sandbox_spawn(const struct sandbox_task *task, int in_fd, int out_fd, pid_t *ret_pid,
                   struct pyro_error *err) MUST_CHECK;
/*
 * Waits for a child and says how it ended. Errors: PYRO_INTERNAL, naming the signal; PYRO_NO_MEMORY
 * when its memory was used up or not available; PYRO_IO with EPIPE when the reader of its output
 * went away. Blocks.
 */
bool sandbox_wait(pid_t pid, struct pyro_error *err) MUST_CHECK;
/*
 * Runs a job to its end, with in_fd (-1: /dev/null) as its input, and appends what it wrote to
 * *ret. Blocks. More than ret->max bytes is an error.
 */
bool sandbox_run(const struct sandbox_task *task, int in_fd, struct buf *ret,
                 struct pyro_error *err) MUST_CHECK;

/*
 * Confines the calling process for good: it keeps read, write, poll, exit and the memory it has.
 * False: it must end.
 */
bool sandbox_enter(void) MUST_CHECK;

/*
 * For jobs that call a library which does not check its allocations: ends the process like a job
 * that failed.
 */
_Noreturn void sandbox_exhausted(void);
/* For jobs: reads up to n bytes from descriptor 0; 0 at the end, negative on failure. */
ssize_t sandbox_read(void *bytes, size_t n);
/* For jobs: writes all n bytes to descriptor 1. */
bool sandbox_write(const void *bytes, size_t n) MUST_CHECK;

#endif
