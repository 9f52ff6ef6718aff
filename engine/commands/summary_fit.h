/* A result that fits: whatever it is shown as, it has at most so many bytes. */
#ifndef PYRO_COMMANDS_SUMMARY_FIT_H
#define PYRO_COMMANDS_SUMMARY_FIT_H

#include "engine/cmd/io.h"
#include "engine/cmd/spec.h"

#define SUMMARY_BYTES_MAX 2048

/* A copy of text for one line of a summary, new: redacted, and cut to some 80 characters. */
json_t *summary_text(const struct cmd_io *io, const char *text);
/* The same of a command's words. */
json_t *summary_words(const struct cmd_io *io, const json_t *words);
/*
 * Takes items out of the result's lists, the longest one's last first, until it fits as --json, for
 * people and for models. The names of the lists end with NULL.
 */
bool summary_fit(const struct cmd_spec *cmd, const struct cmd_io *io, json_t *result,
                 const char *const *lists, struct pyro_error *err) MUST_CHECK;

#endif
