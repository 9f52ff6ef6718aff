/* `workspace shell record`: a shell's log as an asciicast v2 recording. */
#ifndef PYRO_SHELL_CAST_H
#define PYRO_SHELL_CAST_H

#include <stdint.h>

#include "vmm/base/error.h"

struct cast_result {
    uint64_t events; /* lines after the header */
    uint64_t bytes_written;
    uint64_t dropped_bytes; /* of the log's head, which is not kept any more */
    double duration_seconds;
};

/*
 * Writes the recording to out_fd: output with the times it came at, resizes where the guest applied
 * them. A running shell is recorded up to now. Text is UTF-8 (anything else becomes U+FFFD), never
 * cut inside a character. asciicast v2: docs.asciinema.org/manual/asciicast/v2. Bounded memory.
 */
bool shell_cast(int workspace_fd, const char *shell, int out_fd, struct cast_result *ret,
                struct pyro_error *err) MUST_CHECK;

#endif
