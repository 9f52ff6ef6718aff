/*
 * The metadata of a kernel module: the section .modinfo of an ELF file, KEY=VALUE strings ended by
 * NUL (the kernel's include/linux/moduleinfo.h). 64-bit little-endian only.
 */
#ifndef PYRO_IMAGE_MODINFO_H
#define PYRO_IMAGE_MODINFO_H

#include <stddef.h>

#include "vmm/base/error.h"

struct modinfo {
    const char *at; /* borrowed from the module's bytes */
    size_t left;
};

/* False: not a module, or damaged. A module without the section has no strings. */
bool modinfo_open(const void *bytes, size_t n, struct modinfo *ret,
                  struct pyro_error *err) MUST_CHECK;
/* The next string, NULL at the end. */
const char *modinfo_next(struct modinfo *m);
/* The value of a string if it has this key; else NULL. */
const char *modinfo_value(const char *string, const char *key);

#endif
