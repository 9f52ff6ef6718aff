/* Finding and running the programs of libexec: pyro-image, which parses foreign archives away from
 * pyro, and pyro-http. */
#ifndef PYRO_HELPER_H
#define PYRO_HELPER_H

#include "vmm/base/json.h"
#include "vmm/base/proc.h"

/*
 * Runs pyro-image with the spec's descriptors and arguments (argv[0] is filled in here, stdout and
 * stderr are taken) and returns its result object, owned by the caller; its error becomes *err with
 * code, message and hint. NULL on failure. Blocks, at most timeout_ms.
 */
json_t *helper_run(const struct proc_spec *spec, int64_t timeout_ms,
                   struct pyro_error *err) MUST_CHECK;
/* The same in two steps, for a helper that works beside others: start, and later wait. */
bool helper_start(const struct proc_spec *spec, pid_t *ret_pid, int *ret_stdout_fd,
                  struct pyro_error *err) MUST_CHECK;
/* Starts another program of libexec (argv[0] is filled in here) with its standard output on a pipe,
 * to die with this process. */
bool helper_start_program(const char *name, const struct proc_spec *spec, pid_t *ret_pid,
                          int *ret_stdout_fd, struct pyro_error *err) MUST_CHECK;
/* Reads the result, closes stdout_fd, reaps. Past deadline_ms (clock_ms()) the helper is killed. */
json_t *helper_wait(pid_t pid, int stdout_fd, int64_t deadline_ms,
                    struct pyro_error *err) MUST_CHECK;

#endif
