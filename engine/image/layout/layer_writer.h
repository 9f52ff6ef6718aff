/* A file system as the one layer of an image. */
#ifndef PYRO_IMAGE_LAYER_WRITER_H
#define PYRO_IMAGE_LAYER_WRITER_H

#include "engine/image/layout/blob_archive.h"
#include "engine/image/view/view.h"

#define LAYER_WRITTEN_BYTES_MAX (16LL << 30) /* of files: more is not taken by readers either */

struct written_layer {
    char digest[OCI_DIGEST_SIZE];  /* of the blob, a tar compressed by gzip */
    char diff_id[OCI_DIGEST_SIZE]; /* of the tar */
    uint64_t size;                 /* of the blob */
    uint64_t entries;
};

/*
 * Writes all of the file system as a blob, in the order of names: modes, owners, times, hard links,
 * devices, ACLs, and of the extended attributes those that images have (layer.md). What is a
 * machine's own is left out: lost+found, and what of /run and the root pyro made. PYRO_IO: it is
 * damaged; PYRO_CONTENT_REFUSED: its files are too large, for which holes count too.
 */
bool layer_write(struct blob_archive *to, struct view *v, struct written_layer *ret,
                 struct pyro_error *err) MUST_CHECK;

#endif
