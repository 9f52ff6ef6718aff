/*
 * The modules of a kernel's package: all are taken in, then those that are wanted come out, with
 * what they depend on.
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
 * Takes in a file of the package if it is one of these, by its path below lib/modules/VERSION:
 * modules.builtin, or a module, compressed (.xz, .zst, .gz) or not.
 */
bool modules_take(struct modules *m, const char *path, struct archive *a,
                  struct pyro_error *err) MUST_CHECK;
/*
 * Puts out, as files of a stream: NAME.ko of each wanted module and of all that it depends on;
 * modules.dep, a line "NAME: DEPENDS ON…" for each; modules.alias, lines "PATTERN NAME". What is
 * built into the kernel is neither; a name that is not there at all is added to `missing`.
 */
bool modules_put(struct modules *m, const char *const *wanted, size_t count,
                 struct tree_output *out, json_t *missing, struct pyro_error *err) MUST_CHECK;

#endif
