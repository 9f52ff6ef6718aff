/* Confining pyro-image before it parses anything. */
#ifndef PYRO_IMAGE_JAIL_H
#define PYRO_IMAGE_JAIL_H

#include "vmm/base/helper_jail.h"

/* As helper_jail_enter(), with the calls that reading and writing files by descriptor needs. */
bool jail_enter(struct pyro_error *err) MUST_CHECK;
/* The parts left out: enum jail_missing bits. */
unsigned jail_missing(void);

#endif
