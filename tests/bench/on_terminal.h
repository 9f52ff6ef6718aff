/* A program on a terminal of its own, for rows about what a person sees. */
#ifndef PYRO_BENCH_ON_TERMINAL_H
#define PYRO_BENCH_ON_TERMINAL_H

#include "tests/bench/bench.h"
#include "tests/tui/terminal.h"

#define TERMINAL_COLS 120
#define TERMINAL_ROWS 40

#define scoped_terminal __attribute__((cleanup(terminal_release))) struct terminal

/* Starts it, in true colour. */
bool terminal_run(struct terminal *t, const char *const *argv, struct pyro_error *err) MUST_CHECK;
/* Until a row of the screen matches; or, without `wanted`, until none does. */
bool terminal_waits(struct terminal *t, const char *pattern, bool wanted,
                    struct pyro_error *err) MUST_CHECK;
bool terminal_sees(struct terminal *t, const char *pattern, struct pyro_error *err) MUST_CHECK;
/* Types a key, and adds the time until a row matches. */
bool terminal_sample_key(struct terminal *t, const char *key, const char *pattern,
                         struct samples *to, struct pyro_error *err) MUST_CHECK;
/* Opens and closes the interface's help so many times, and adds the time until it is there. */
bool terminal_sample_help(struct terminal *t, int times, struct samples *to,
                          struct pyro_error *err) MUST_CHECK;
/* What the program and its children take of a core for this long, while all they draw is taken. */
double terminal_core_percent(struct terminal *t, int64_t window_ms);

#endif
