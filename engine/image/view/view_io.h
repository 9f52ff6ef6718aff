/* The io_manager through which libext2fs reads a chain of layers, and writes a layer above. Within
 * this directory only. */
#ifndef PYRO_IMAGE_VIEW_IO_H
#define PYRO_IMAGE_VIEW_IO_H

#include <ext2fs/ext2fs.h>

#include "engine/image/view/chain.h"
#include "engine/image/view/journal.h"
#include "engine/image/view/overlay.h"

/* The source of one channel; lives as long as it. */
struct view_source {
    struct disk_version disk;
    struct journal *journal; /* blocks not in place yet; NULL: none */
    struct overlay *overlay; /* on the disk, and written to; NULL: nothing is written */
    uint64_t budget;         /* blocks that may still be read: a damaged tree may have no end */
    struct pyro_error why;   /* of the last read that failed; code PYRO_OK: none */
};

/* Bytes of the disk, with the journal's newer ones. */
bool view_source_read(struct view_source *s, uint64_t at, void *ret, size_t n,
                      struct pyro_error *err) MUST_CHECK;
/* Opens a file system on the source; read only, unless there is an overlay. */
errcode_t view_io_open(struct view_source *source, ext2_filsys *ret);

#endif
