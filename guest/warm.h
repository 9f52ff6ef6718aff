/*
 * Reading what commands will need first into the page cache, before a template is saved: its copies find
 * it there, and that these files are missing where they are. Programs bring their interpreter and
 * libraries with them (elf.h). An image cannot make it read more than WARM_BYTES_MAX, nor anything but
 * files of its own file system.
 */
#ifndef PYRO_GUEST_WARM_H
#define PYRO_GUEST_WARM_H

#define WARM_BYTES_MAX (64 << 20)

#include "vmm/base/json.h"

/* `names`: strings, in the order of their importance. A path is that of a file or of a directory, which is
 * read with all in it; any other name is a program's, looked for as a shell does. */
void warm(const json_t *names);

#endif
