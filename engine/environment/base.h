/*
 * The installed environment that an image begins like: its image has the lowest layers already, so that
 * they are neither fetched nor unpacked again. Layers are told by the digests of their tars (diff_ids),
 * as in a ChainID: those of an environment are a beginning of the image's, or all of them.
 */
#ifndef PYRO_ENVIRONMENT_BASE_H
#define PYRO_ENVIRONMENT_BASE_H

#include "engine/environment/environment_record.h"
#include "engine/helper/progress.h"
#include "engine/oci/manifest.h"

struct environment_base {
    struct environment_record record; /* its layers, and what it has beside them */
    size_t layer_count;               /* 0: there is none */
    int fd;                           /* its image; only read */
    pid_t checker;                    /* reads all of it meanwhile; 0: it has */
};
#define ENVIRONMENT_BASE_NONE ((struct environment_base){ .fd = -1 })
void environment_base_release(struct environment_base *b);
#define scoped_environment_base                                                                    \
    __attribute__((cleanup(environment_base_release))) struct environment_base

/* A layer of the image that is looked for: `index` of it by one of the members of a record's layer. */
struct environment_base_wish {
    const char *member; /* "digest", "diff_id"; NULL: any layer will do */
    const char *(*layer)(const void *arg, size_t index);
    const void *arg;
    size_t count;
};
/* Whether any environment might be one; none is read. */
bool environment_base_may_exist(const char *cache_dir, size_t layer_count);
/*
 * The one with the most layers. Whatever is wrong, there is none. *ret is ENVIRONMENT_BASE_NONE, and is to
 * be released in any case. What is made of it counts only if environment_base_check() says so.
 */
bool environment_base_find(const char *cache_dir, const struct environment_base_wish *wish,
                           const struct progress *progress, struct environment_base *ret);
/* Whether its image is intact, all of which is read from environment_base_find() on. None is. Waits.
 * PYRO_ENVIRONMENT_BROKEN. */
bool environment_base_check(struct environment_base *b, struct pyro_error *err) MUST_CHECK;
/* Whether a digest is of one of the layers that are there, and of no other of the image. */
bool environment_base_has(const struct environment_base *b, const struct oci_manifest *m,
                          const char *digest);

#endif
