/*
 * Kernel modules: those of the initramfs, each with all its dependencies. A module that is built
 * into the kernel has no file, and needs none.
 */
#ifndef PYRO_GUEST_MODULE_H
#define PYRO_GUEST_MODULE_H

#include "vmm/base/error.h"

/* Opens the initramfs's modules, makes the kernel ask this program for missing ones, and creates
 * the device files whose first opening is such a request. */
void module_setup(void);
bool module_load(const char *name, struct pyro_error *err) MUST_CHECK;
/* The kernel's request, `/proc/1/exe -q -- NAME`, where NAME may be an alias: an exit status. */
int module_request_main(const char *name);

#endif
