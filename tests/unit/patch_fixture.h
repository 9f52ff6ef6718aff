/* A directory in memory that patches are applied to as pyro-image does. */
#ifndef PYRO_TESTS_PATCH_FIXTURE_H
#define PYRO_TESTS_PATCH_FIXTURE_H

#include "engine/image/patch/patch_tree.h"

struct memory_file {
    char path[64];
    char mode; /* 'f' 0644, 'x' 0755, 'l' a link, 'd' a directory */
    struct buf content;
};

#define MEMORY_FILES_MAX 16

struct memory_tree {
    struct memory_file files[MEMORY_FILES_MAX];
    size_t count;
};

void memory_put(struct memory_tree *t, const char *path, char mode, const void *bytes, size_t n);
const struct memory_file *memory_get(const struct memory_tree *t, const char *path);
void memory_release(struct memory_tree *t);
/* Applies a patch; all or nothing. */
bool memory_patch(struct memory_tree *t, const char *patch, size_t n, struct pyro_error *err);

#endif
