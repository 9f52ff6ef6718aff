/* Text that a flag gives, or a file that another flag names. */
#ifndef PYRO_COMMANDS_TEXT_INPUT_H
#define PYRO_COMMANDS_TEXT_INPUT_H

#include "engine/cmd/io.h"
#include "vmm/base/buf.h"

/*
 * Appends the text, or the content of the file ("-": standard input), to ret; exactly one of the
 * two must be given. `flag` is the text's; the file's is the same with "-file" ("text",
 * "text-file"). What ret cannot hold is an error.
 */
bool text_input(struct cmd_io *io, const char *flag, const char *text, const char *file,
                struct buf *ret, struct pyro_error *err) MUST_CHECK;

#endif
