/*
 * The guest's serial console, drained into a file with a size cap: console.log, and earlier output
 * in console.log.1. A guest may write forever; the two files together never pass 2 *
 * CONSOLE_BYTES_MAX.
 */
#ifndef PYRO_CONSOLE_H
#define PYRO_CONSOLE_H

#include "vmm/base/loop.h"
#include "vmm/base/redact.h"

#define CONSOLE_BYTES_MAX (256 * 1024)

struct console;

/* Takes fd on success. Appends to `name` in dirfd (borrowed, must outlive the console). */
struct console *console_new(struct loop *loop, int fd, int dirfd, const char *name,
                            struct pyro_error *err) MUST_CHECK;
/* From now on, secrets are taken out; the redactor (NULL: none) is borrowed. */
void console_redact(struct console *console, const struct redactor *redactor);
/* NULL is fine. */
void console_free(struct console *console);

#endif
