/* The parameters of a read of a shell. */
#ifndef PYRO_SHELL_READ_SPEC_H
#define PYRO_SHELL_READ_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#define SHELL_READ_CHARS_MAX (64 * 1024 * 1024)

struct progress;

enum shell_rendering { SHELL_RAW, SHELL_PLAIN, SHELL_SCREEN };

/* What the guest said when it was asked. */
struct shell_wait_answer {
    bool at_prompt; /* the shell itself waits for input */
    bool asks;      /* a program does */
};

struct shell_read_spec {
    uint64_t cursor;
    int64_t max_chars; /* code points of raw text that may be consumed, 1..SHELL_READ_CHARS_MAX */
    enum shell_rendering rendering;
    bool colors;              /* SHELL_PLAIN's text keeps them, as SGR sequences */
    bool times;               /* each line of SHELL_PLAIN's text begins with when it was written */
    bool in_line;             /* … but the first, which goes on with a line that was read before */
    int64_t wait_for_idle_ms; /* 0: do not wait for it */
    bool wait_for_prompt;
    bool wait_for_input; /* of a program that asks, or of a shell at its prompt */
    int64_t max_wait_ms; /* of any wait; 0: the larger of 30 s and twice wait_for_idle_ms */
    const struct progress *progress; /* for notes while it waits */
};

#endif
