/* Images given to registries, by pyro-fetch. */
#ifndef PYRO_REGISTRY_PUSH_H
#define PYRO_REGISTRY_PUSH_H

#include "engine/registry/session.h"

#define REGISTRY_PARTS_MAX                                                                         \
    144 /* the layers of an image, its configuration, its manifest, and room */

struct registry_part {
    char digest[OCI_DIGEST_SIZE];
    int64_t size, offset; /* in the file */
    int fd;               /* borrowed; -1: the registry has to have it already */
};

struct registry_parts {
    struct registry_part list[REGISTRY_PARTS_MAX];
    unsigned count;
    const char *manifest;   /* the digest of the last part; NULL: only the parts are to be there */
    const char *mount_from; /* a repository of the same registry that may have some; NULL: none */
};

struct registry_pushed {
    json_t *missing; /* digests of those that neither this host nor the registry has */
    int64_t sent_bytes;
};
void registry_pushed_release(struct registry_pushed *p);
#define scoped_registry_pushed                                                                     \
    __attribute__((cleanup(registry_pushed_release))) struct registry_pushed

/* Adds one. PYRO_CONTENT_REFUSED: there are too many. */
bool registry_parts_add(struct registry_parts *p, const char *digest, int64_t size, int64_t offset,
                        int fd, struct pyro_error *err) MUST_CHECK;
/*
 * Makes sure that the registry has them, and that the tag of the wish, or else its digest, is the
 * manifest. Nothing is put there while something is missing. *ret needs no initialisation, and is to
 * be released in any case. PYRO_PUSH_FAILED.
 */
bool registry_push(const struct registry_wish *wish, const struct registry_parts *parts,
                   struct registry_pushed *ret, struct pyro_error *err) MUST_CHECK;

#endif
