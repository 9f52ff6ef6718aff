/* Signing in to a registry, and out of it: pyro login, pyro logout. */
#ifndef PYRO_REGISTRY_SIGN_IN_H
#define PYRO_REGISTRY_SIGN_IN_H

#include "engine/helper/progress.h"
#include "engine/registry/credentials.h"

struct signed_in {
    char *where;    /* what keeps the login: a file, or a program */
    bool was_asked; /* false: the registry lets everybody in, so nothing was tried */
    bool is_plain;  /* it went there by http */
};
void signed_in_release(struct signed_in *s);
#define scoped_signed_in __attribute__((cleanup(signed_in_release))) struct signed_in

/*
 * Keeps a login that the registry takes; one that it does not take leaves what is kept as it was.
 * `ca_file` as in struct registry_wish. *ret needs no initialisation, and is to be released in any
 * case. PYRO_PULL_FAILED: it is not taken, or the registry cannot be asked.
 */
bool registry_sign_in(const char *host, const struct credentials *login, const char *ca_file,
                      const struct progress *progress, struct signed_in *ret,
                      struct pyro_error *err) MUST_CHECK;

#endif
