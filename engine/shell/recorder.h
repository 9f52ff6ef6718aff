/* `workspace shell record`: a shell's log as a recording in a file. */
#ifndef PYRO_SHELL_RECORDER_H
#define PYRO_SHELL_RECORDER_H

#include "engine/shell/recording.h"

/* Names of the formats; NULL ends them. */
extern const char *const recorder_formats[];

struct recorder_spec {
    int workspace_fd;
    const char *shell, *title; /* title: what a picture is called */
    const char *format;        /* one of recorder_formats */
    int out_fd;
};
/* A running shell is recorded up to now. Bounded memory. */
bool recorder_write(const struct recorder_spec *spec, struct record_result *ret,
                    struct pyro_error *err) MUST_CHECK;

#endif
