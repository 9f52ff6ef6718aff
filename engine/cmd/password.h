/* What a person types and nobody should see, or a program hands in. */
#ifndef PYRO_CMD_PASSWORD_H
#define PYRO_CMD_PASSWORD_H

#include "engine/cmd/io.h"
#include "vmm/base/buf.h"

#define PASSWORD_BYTES_MAX 4096

/* One line that is typed at the terminal, after a prompt. PYRO_USAGE when it is empty, and when
 * standard input is not a terminal. */
bool password_ask_name(const struct cmd_io *io, const char *prompt, struct buf *ret,
                       struct pyro_error *err) MUST_CHECK;
/*
 * From a terminal one line, after a prompt and without its echo; from anything else all of it, but
 * for one end of a line. A signal that ends pyro meanwhile leaves the terminal as it was.
 * PYRO_USAGE when it is empty, longer than PASSWORD_BYTES_MAX or has a zero in it. The caller wipes
 * it.
 */
bool password_read(const struct cmd_io *io, const char *prompt, struct buf *ret,
                   struct pyro_error *err) MUST_CHECK;

#endif
