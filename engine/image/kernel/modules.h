/*
 * The modules of a kernel's package: all are read, then the wanted ones are written, with their
 * dependencies.
 */
#ifndef PYRO_IMAGE_MODULES_H
#define PYRO_IMAGE_MODULES_H

#include <archive.h>

#include "vmm/base/buf.h"
#include "vmm/base/json.h"
#include "vmm/base/tree.h"

struct module;

struct modules {
    struct module *list;
    size_t count, room;
    uint64_t bytes;     /* of all modules */
    struct buf builtin; /* modules.builtin: a path a line */
};

void modules_init(struct modules *m);
void modules_release(struct modules *m);
/*
 * Reads a file of the package if it is one of these, by its path below lib/modules/VERSION:
 * modules.builtin, or a module, compressed (.xz, .zst, .gz) or not.
 */
bool modules_take(struct modules *m, const char *path, struct archive *a,
                  struct pyro_error *err) MUST_CHECK;
/*
 * Writes, as files of a stream: NAME.ko of each wanted module and all its dependencies;
 * modules.dep, a line "NAME: DEPENDS ON…" for each; modules.alias, lines "PATTERN NAME". Modules
 * built into the kernel are in none; a name that does not exist at all is added to `missing`.
 */
bool modules_put(struct modules *m, const char *const *wanted, size_t count,
                 struct tree_output *out, json_t *missing, struct pyro_error *err) MUST_CHECK;

#endif
