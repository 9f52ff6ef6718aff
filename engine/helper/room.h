/* Whether something will fit, asked before anything of it is written. */
#ifndef PYRO_HELPER_ROOM_H
#define PYRO_HELPER_ROOM_H

#include <stdint.h>

#include "vmm/base/error.h"

/* PYRO_NO_SPACE, with both figures, where the file system of a directory, called `where`, has less room
 * than so many bytes. One that cannot say is taken to have it. */
bool room_check(int dirfd, const char *where, int64_t bytes, struct pyro_error *err) MUST_CHECK;

#endif
