/* tests/unit/built.h: where the programs under test are. */
#ifndef TESTS_UNIT_BUILT_H
#define TESTS_UNIT_BUILT_H

#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"

/* The path of a program beside $PYRO, whichever build that is of; beside build/pyro without it. The caller frees it. */
static inline char *built_program(const char *name)
{
    const char *pyro = getenv("PYRO"), *slash;

    if (!pyro)
        pyro = "build/pyro";
    slash = strrchr(pyro, '/');
    return slash ? str_printf("%.*s/%s", (int)(slash - pyro), pyro, name) : str_printf("%s", name);
}

#endif
