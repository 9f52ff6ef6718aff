/* Making workspaces: what create and run share beyond workspace.h. */
#ifndef PYRO_CREATE_H
#define PYRO_CREATE_H

#include "engine/state/record.h"
#include "engine/workspace/workspace.h"

/* Makes and starts a workspace; an `ephemeral` one goes with its holder. Release *ret. */
bool workspace_make(const struct workspace_spec *spec, bool ephemeral,
                    const struct progress *progress, struct workspace_record *ret,
                    struct pyro_error *err) MUST_CHECK;
/* workspace_create() with a seed_path. What of it cannot be taken is an error before anything is
 * made; whatever fails later leaves no workspace behind. */
json_t *workspace_create_seeded(const struct workspace_spec *spec, const struct progress *progress,
                                struct pyro_error *err) MUST_CHECK;

#endif
