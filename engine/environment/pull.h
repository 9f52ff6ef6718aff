/* Installing an environment from one of the sources that it has (from_packages.c, from_registry.c). */
#ifndef PYRO_PULL_H
#define PYRO_PULL_H

#include "engine/environment/catalog.h"
#include "engine/environment/install.h"
#include "engine/registry/reference.h"

extern const char *const environment_sources[]; /* their names; NULL-terminated */

struct pull_wish {
    const char *source;  /* ENVIRONMENT_FROM_…; NULL: the first that can */
    const char *ca_file; /* further certificates that registries may have; NULL: none */
    bool locked;         /* a tag has to mean what it did when it was installed */
};

/* What a pull did. */
struct pulled {
    char *name;       /* the environment's, in full */
    bool is_new;      /* it has been installed now, from an image */
    char *old_record; /* the record before; NULL: there was none */
};
void pulled_release(struct pulled *p);
#define scoped_pulled __attribute__((cleanup(pulled_release))) struct pulled

/*
 * Makes sure that an environment is installed and intact, and that an image is what its tag means
 * today: an installed one is checked completely, and a broken, missing or outdated one replaced. If
 * the registry cannot be asked, one that is installed is kept, and that is noted. Two pulls at once:
 * the second waits and finds it done. Blocks for as long as it takes; `progress` may be NULL. Killed
 * at any moment it leaves nothing running, and files that the next pull sweeps; one that fails
 * leaves what was installed. PYRO_ENVIRONMENT_NOT_FOUND, PYRO_PULL_FAILED, PYRO_CONTENT_REFUSED,
 * PYRO_DEPENDENCY_MISSING, PYRO_NO_SPACE, PYRO_PERMISSION. *ret needs no initialisation, and is to be
 * released in any case.
 */
bool environment_pull(const char *name, const struct pull_wish *wish,
                      const struct progress *progress, struct pulled *ret,
                      struct pyro_error *err) MUST_CHECK;
/* Takes back what a pull installed: what was there before is there again. */
bool environment_pull_undo(const struct pulled *p, const struct progress *progress,
                           struct pyro_error *err) MUST_CHECK;

/* --- for the sources --- */

struct pull {
    const struct pull_wish *wish;
    const char *name;                  /* as the user gave it */
    const struct catalog_entry *entry; /* NULL: it is an image, and nothing else */
    struct reference reference;        /* of the image */
    bool is_whole;                     /* it is installed, and intact */
    struct environment_install install;
};

/* Each installs it; *ret_same: what is there already is right. */
bool pull_from_packages(struct pull *p, bool *ret_same, struct pyro_error *err) MUST_CHECK;
bool pull_from_registry(struct pull *p, bool *ret_same, struct pyro_error *err) MUST_CHECK;

#endif
