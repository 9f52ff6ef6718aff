/* Environments from archives that a user has. */
#ifndef PYRO_ENVIRONMENT_IMPORT_H
#define PYRO_ENVIRONMENT_IMPORT_H

#include "engine/helper/progress.h"
#include "vmm/base/error.h"

/*
 * Installs what is in an archive (unpack.h), read from a descriptor, under a new name of the form
 * that names of workspaces have. PYRO_NAME_TAKEN; PYRO_CONTENT_REFUSED, PYRO_NO_SPACE. Nothing is
 * left when it fails.
 */
bool environment_import(const char *name, int archive_fd, const struct progress *progress,
                        struct pyro_error *err) MUST_CHECK;

#endif
