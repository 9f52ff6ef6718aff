/* engine/environment/unpack_ahead.c: what has come is told to pyro-image. */
#include "engine/environment/unpack_ahead.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/oci/arrival.h"
#include "engine/registry/store.h"

void unpack_ahead_init(struct unpack_ahead *u, struct environment_install *in,
                       const struct oci_blobs *blobs)
{
    *u = (struct unpack_ahead){ .install = in,
                                .blobs = blobs,
                                .unpacking = ENVIRONMENT_UNPACKING_NONE };
}

void unpack_ahead_release(struct unpack_ahead *u)
{
    environment_unpacking_release(&u->unpacking);
}

/* Nobody reads any more, or the pipe is full: then the next message says more. */
static void tell(struct unpack_ahead *u, size_t layer, int64_t bytes)
{
    const struct arrival message = { .layer = (uint32_t)layer, .bytes = bytes };

    if (bytes > u->told[layer] && write(u->unpacking.arrivals_fd, &message, sizeof(message)) > 0)
        u->told[layer] = bytes;
}

/* The layers that are there already. */
static void tell_all(struct unpack_ahead *u)
{
    const struct oci_manifest *m = u->blobs->manifest;

    for (size_t i = unpack_first_layer(u->blobs); i < m->layer_count; i++)
        if (blobs_has(u->blobs->dirfd, m->layers[i].digest, m->layers[i].size))
            tell(u, i, m->layers[i].size);
}

static void begin(struct unpack_ahead *u)
{
    const struct oci_descriptor *config = &u->blobs->manifest->config;

    if (u->has_begun || u->has_failed || !blobs_has(u->blobs->dirfd, config->digest, config->size))
        return;
    u->has_begun = environment_unpack_begin(u->install, u->blobs, true, &u->unpacking, NULL);
    u->has_failed = !u->has_begun;
    if (u->has_begun)
        tell_all(u);
}

static void unpack_ahead_arrived(void *arg, const char *digest, int64_t bytes)
{
    struct unpack_ahead *u = arg;
    const struct oci_manifest *m = u->blobs->manifest;

    begin(u);
    for (size_t i = unpack_first_layer(u->blobs); u->has_begun && i < m->layer_count; i++)
        if (!strcmp(m->layers[i].digest, digest))
            tell(u, i, bytes);
}

struct registry_watch unpack_ahead_watch(struct unpack_ahead *u)
{
    return (struct registry_watch){ .arrived = unpack_ahead_arrived, .arg = u };
}

/* Now it may wait for room in the pipe. */
static bool end_begun(struct unpack_ahead *u)
{
    if (!u->has_begun || fcntl(u->unpacking.arrivals_fd, F_SETFL, 0) != 0)
        return false;
    tell_all(u);
    close(take_fd(&u->unpacking.arrivals_fd));
    return environment_unpack_end(u->install, u->blobs, &u->unpacking, NULL);
}

bool unpack_ahead_end(struct unpack_ahead *u, struct pyro_error *err)
{
    if (end_begun(u))
        return true;
    environment_unpacking_release(&u->unpacking);
    return environment_install_sweep(u->install, err) &&
           environment_unpack_oci(u->install, u->blobs, err);
}
