/* The part of qcow2 that pyro's layers have (specification: docs/interop/qcow2.txt of QEMU): version
 * 3, clusters of 64 KiB, neither compressed nor encrypted, no backing name. */
#ifndef PYRO_IMAGE_QCOW2_H
#define PYRO_IMAGE_QCOW2_H

#include <stdint.h>

#define QCOW2_MAGIC 0x514649fbU
#define QCOW2_HEADER_BYTES 104
#define QCOW2_CLUSTER_BITS 16
#define QCOW2_CLUSTER_BYTES (1U << QCOW2_CLUSTER_BITS)
#define QCOW2_ENTRIES (QCOW2_CLUSTER_BYTES / 8)                         /* of a table */
#define QCOW2_L2_COVERS ((uint64_t)QCOW2_CLUSTER_BYTES * QCOW2_ENTRIES) /* bytes of the disk */
#define QCOW2_SIZE_MAX (QCOW2_L2_COVERS * QCOW2_ENTRIES) /* what one cluster of L1 maps */
#define QCOW2_INCOMPATIBLE_ALLOWED 3ULL /* dirty, corrupt: said of refcounts, which are not read */
#define QCOW2_OFFSET_MASK 0x00fffffffffffe00ULL
#define QCOW2_COMPRESSED (1ULL << 62)
#define QCOW2_COPIED (1ULL << 63) /* nobody else refers to the cluster */
#define QCOW2_ZERO 1ULL

#endif
