/* The guest program carried inside pyro, so that host and guest always have the same version. */
#ifndef PYRO_GUEST_PROGRAM_H
#define PYRO_GUEST_PROGRAM_H

#include <stddef.h>

/* Its bytes, a static ELF executable; borrowed. */
const void *guest_program(size_t *ret_size_bytes);

#endif
