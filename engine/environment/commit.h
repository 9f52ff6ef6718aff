/*
 * Environments made of workspaces: the frozen layers of a workspace's disk get a second name in the
 * environment's directory, and an overlay of the environment's own goes on top (engine/disk/seal.h).
 * The steps are those of an installation (install.h): killed at any moment, there is the whole
 * environment or none.
 */
#ifndef PYRO_ENVIRONMENT_COMMIT_H
#define PYRO_ENVIRONMENT_COMMIT_H

#include "engine/environment/install.h"

struct environment_commit {
    struct environment_install install;
    int dirfd;         /* of the directory that the layers are in; -1: there are none yet */
    unsigned count;    /* layers above the image so far */
    int64_t digest_ms; /* that reading the layers took */
};
#define ENVIRONMENT_COMMIT_INIT { .install = { .lock = -1 }, .dirfd = -1 }

/* Takes the name. PYRO_NAME_TAKEN, PYRO_INVALID_ARGUMENT. Release *c in any case. */
bool environment_commit_begin(struct environment_commit *c, const char *name,
                              const struct progress *progress, struct pyro_error *err) MUST_CHECK;
/* The image (a raw one, the first) or the next layer, open for reading: nobody writes to it any
 * more. */
bool environment_commit_add(struct environment_commit *c, int fd,
                            struct pyro_error *err) MUST_CHECK;
/* Keeps the image and the last layer alone, which holds all that the others do. */
bool environment_commit_flatten(struct environment_commit *c, struct pyro_error *err) MUST_CHECK;
/* Forgets what was added. */
bool environment_commit_restart(struct environment_commit *c, struct pyro_error *err) MUST_CHECK;
/* What the workspace was. */
struct environment_origin {
    const char *workspace; /* what it is called; NULL: it was there for a command alone */
    const char *environment, *environment_digest; /* that it was made of */
    const char *base_digest;                      /* of the image */
};
/* Installs it. */
bool environment_commit_finish(struct environment_commit *c,
                               const struct environment_origin *origin,
                               struct pyro_error *err) MUST_CHECK;
void environment_commit_release(struct environment_commit *c);

#endif
