/* Layers of an image, made by a test. */
#ifndef PYRO_STACK_FIXTURE_H
#define PYRO_STACK_FIXTURE_H

#include "tests/unit/image_fixture.h"

#include "engine/image/tar/layer.h"
#include "engine/oci/manifest.h"

struct stack {
    struct layer layers[OCI_LAYERS_MAX];
    char diff_ids[OCI_LAYERS_MAX][OCI_DIGEST_SIZE];
    size_t count;
};

/* A layer of an ended, uncompressed tar. */
void stack_push(struct stack *s, struct tar *t);
/* Members: "d/" is a directory, "a->b" a symbolic link, "a=b" a hard link, all else files whose
 * content is the layer's number. */
void stack_push_members(struct stack *s, const char *const *members);

#endif
