/* A file system as a layer of an image: all of it, or what changed. */
#ifndef PYRO_IMAGE_LAYER_WRITER_H
#define PYRO_IMAGE_LAYER_WRITER_H

#include "engine/image/layout/blob_archive.h"
#include "engine/image/view/view.h"

#define LAYER_WRITTEN_BYTES_MAX (16LL << 30) /* of files: more is not taken by readers either */

struct written_layer {
    struct written_blob blob;      /* a tar compressed by gzip */
    char diff_id[OCI_DIGEST_SIZE]; /* of the tar */
    uint64_t entries;
};

/*
 * Writes the file system as a blob, all of it or what is not as it was `then` (NULL: all), with
 * whiteouts for what is gone (tree_changes.h), in the order of names: modes, owners, times, hard links,
 * devices, ACLs, and of the extended attributes those that images have (layer.md). What is a
 * machine's own is left out: lost+found, and what of /run and the root pyro made. PYRO_IO: it is
 * damaged; PYRO_CONTENT_REFUSED: its files are too large, for which holes count too, or
 * one has the name of a whiteout.
 */
bool layer_write(struct blob_archive *to, struct view *v, struct view *then,
                 struct written_layer *ret, struct pyro_error *err) MUST_CHECK;

#endif
