/* Creating workspaces: shared by create and run beyond workspace.h. */
#ifndef PYRO_CREATE_H
#define PYRO_CREATE_H

#include "engine/state/record.h"
#include "engine/workspace/workspace.h"

/* Creates and starts a workspace; an `ephemeral` one is removed with its holder. Release *ret. */
bool workspace_make(const struct workspace_spec *spec, bool ephemeral,
                    const struct progress *progress, struct workspace_record *ret,
                    struct pyro_error *err) MUST_CHECK;
/* workspace_create() with a seed_path. If the seed cannot be used it fails before anything is made;
 * a later failure leaves no workspace behind. */
json_t *workspace_create_seeded(const struct workspace_spec *spec, const struct progress *progress,
                                struct pyro_error *err) MUST_CHECK;

#endif
