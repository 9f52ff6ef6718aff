/* What pyro tells pyro-image of layers that are still being fetched while they are unpacked. */
#ifndef PYRO_OCI_ARRIVAL_H
#define PYRO_OCI_ARRIVAL_H

#include <stdint.h>

/* One message of the pipe, whole or not there. What is in a layer's file before `bytes` has come. */
struct arrival {
    uint32_t layer; /* its index in the manifest */
    uint32_t zero;
    int64_t bytes;
};

#endif
