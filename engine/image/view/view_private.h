/* Shared by view.c and view_changed.c. */
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

/* Fills err from libext2fs's error, or from the cause of a failed read. */
bool view_fail(struct view *v, errcode_t code, struct pyro_error *err, const char *what);
/* Sets what libext2fs may read; called before each call into it. */
void view_refill(struct view *v);

#endif
