/* What view.c and view_changed.c share. */
#ifndef PYRO_IMAGE_VIEW_PRIVATE_H
#define PYRO_IMAGE_VIEW_PRIVATE_H

#include "engine/image/view/view.h"
#include "engine/image/view/view_io.h"

struct view {
    struct view_source source;
    ext2_filsys fs;
    ext2_file_t file; /* the last one that was read; NULL: none */
    uint32_t file_inode;
};

/* Fills err from libext2fs's error, or from what made a read fail. */
bool view_fail(struct view *v, errcode_t code, struct pyro_error *err, const char *what);
/* Before each call into libext2fs: what it may read. */
void view_refill(struct view *v);

#endif
