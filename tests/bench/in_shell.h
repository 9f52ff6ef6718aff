/* A workspace with one shell, and the log of what the shell printed, for rows about shells. */
#ifndef PYRO_BENCH_IN_SHELL_H
#define PYRO_BENCH_IN_SHELL_H

#include <stdint.h>

#include "tests/bench/bench.h"

struct bench_shell {
    char id[BENCH_ID_BYTES]; /* of its workspace */
    char *log;
};

void shell_release(struct bench_shell *sh);
#define scoped_shell __attribute__((cleanup(shell_release))) struct bench_shell

/* A workspace with a shell at its prompt. Release *ret, whatever it returns. */
bool shell_start(struct bench_shell *ret, struct pyro_error *err) MUST_CHECK;
/* Types a line, with its end. */
bool shell_type(const struct bench_shell *sh, const char *line, struct pyro_error *err) MUST_CHECK;
/* Bytes that the shell has printed. */
int64_t shell_log_size(const struct bench_shell *sh);
/* Until the log has `size` bytes; an error after a minute. */
bool shell_wait_log(const struct bench_shell *sh, int64_t size, struct pyro_error *err) MUST_CHECK;

#endif
