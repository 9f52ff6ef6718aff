/*
 * The properties of this host that a saved VM depends on. A template may meet another host: a home
 * directory on the network, an image of this machine started elsewhere, a new kernel.
 */
#ifndef PYRO_HOST_H
#define PYRO_HOST_H

#include "vmm/accel.h"

/*
 * The processor (its vendor, model and flags), and under KVM the kernel's release, which decides
 * which processor features a guest gets. A new string, freed by the caller; "" for parts that
 * cannot be determined.
 */
char *host_identity(enum accel_kind accel);

#endif
