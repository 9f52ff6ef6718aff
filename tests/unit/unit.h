/* The headers that cmocka needs before it, in the order it needs them. */
#ifndef PYRO_UNIT_H
#define PYRO_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#endif
