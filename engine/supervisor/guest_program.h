/* The guest program that pyro carries inside, so that host and guest are never of different
 * versions. */
#ifndef PYRO_GUEST_PROGRAM_H
#define PYRO_GUEST_PROGRAM_H

#include <stddef.h>

/* Its bytes, a static ELF executable; borrowed. */
const void *guest_program(size_t *ret_size_bytes);

#endif
