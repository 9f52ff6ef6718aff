/*
 * Who the user is to a registry, in the files that docker and podman keep (containers-auth.json(5)),
 * looked for in this order:
 *
 *     $REGISTRY_AUTH_FILE, or else
 *     $XDG_RUNTIME_DIR/containers/auth.json
 *     ${XDG_CONFIG_HOME:-~/.config}/containers/auth.json
 *     ${DOCKER_CONFIG:-~/.docker}/config.json
 *
 * Each may name a program that keeps them, docker-credential-NAME. What is found is in this process
 * and in the job of pyro-fetch, and in no argument, log, error or record.
 */
#ifndef PYRO_REGISTRY_CREDENTIALS_H
#define PYRO_REGISTRY_CREDENTIALS_H

#include "engine/registry/auth_file.h"

/*
 * Those for a repository of a registry ("": the registry itself); true with none when there are
 * none. A file that is damaged, and a program that fails, are errors. *ret needs no
 * initialisation, and is to be released in any case.
 */
bool credentials_find(const char *host, const char *repository, struct credentials *ret,
                      struct pyro_error *err) MUST_CHECK;
/* Keeps them for a registry: with its program if a file names one, else in the file that has some
 * for it, else in the last but one of the list above. *ret_where names what has them, new. */
bool credentials_keep(const char *host, const struct credentials *c, char **ret_where,
                      struct pyro_error *err) MUST_CHECK;
/* Removes those of a registry from all of these; *ret_removed: there were some. */
bool credentials_forget(const char *host, bool *ret_removed, struct pyro_error *err) MUST_CHECK;

#endif
