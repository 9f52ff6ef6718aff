/* A stream of files (tree.h) into a descriptor. */
#ifndef PYRO_IMAGE_TREE_STREAM_H
#define PYRO_IMAGE_TREE_STREAM_H

#include "vmm/base/tree.h"

/* For tree_output_init(); arg is an int, the descriptor. */
bool tree_stream_write(void *arg, const void *bytes, size_t n, struct pyro_error *err);

#endif
