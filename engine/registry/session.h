/* One run of pyro-fetch: a job in, lines of JSON out. */
#ifndef PYRO_REGISTRY_SESSION_H
#define PYRO_REGISTRY_SESSION_H

#include "engine/helper/progress.h"
#include "engine/registry/auth_file.h"
#include "engine/registry/reference.h"

#define SESSION_FD_FIRST 4 /* of the job's descriptors */

struct registry_wish {
    struct reference reference;
    const char *known;   /* the digest that the tag meant when it was fetched last; NULL: none */
    const char *ca_file; /* further certificates to trust, PEM; NULL: none */
    const struct progress *progress;
};

struct session {
    const struct registry_wish *wish;
    json_t *job;                     /* what is wanted; endpoints and limits are added */
    const struct credentials *login; /* to try, at the registry alone; NULL: what is kept */
    bool is_push;                    /* to the registry alone: what may be pulled is not asked */
    const int *fds;
    unsigned fd_count;
    /* Takes each line but the last and the notes; false ends it. */
    bool (*line)(void *arg, const json_t *line, struct pyro_error *err);
    void *arg;
};

/* Its result, the caller's; NULL on failure. Takes the job. */
json_t *session_run(struct session *s, struct pyro_error *err) MUST_CHECK;

#endif
