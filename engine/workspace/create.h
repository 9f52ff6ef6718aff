/* Creating workspaces: shared by create and run beyond workspace.h. */
#ifndef PYRO_CREATE_H
#define PYRO_CREATE_H

#include "engine/environment/environment.h"
#include "engine/state/record.h"
#include "engine/workspace/workspace.h"

/*
 * Opens the environment that a workspace is to have, pulling it first when it is not installed. Release
 * *ret with environment_release.
 */
bool workspace_environment(const char *name, const struct progress *progress,
                           struct environment *ret, struct pyro_error *err) MUST_CHECK;
/* Whether running on the host would help where making a VM failed by this. */
bool workspace_lacks_vm(enum pyro_code code);
/* Creates and starts a workspace; an `ephemeral` one is removed with its holder. Release *ret. */
bool workspace_make(const struct workspace_spec *spec, bool ephemeral,
                    const struct progress *progress, struct workspace_record *ret,
                    struct pyro_error *err) MUST_CHECK;
/* Makes a spare, which ends with the process `keeper`; 0: with none. The environment is installed. */
bool workspace_make_spare(const struct workspace_spec *spec, pid_t keeper,
                          struct pyro_error *err) MUST_CHECK;
/* workspace_create() with a seed_path. If the seed cannot be used it fails before anything is made;
 * a later failure leaves no workspace behind. */
json_t *workspace_create_seeded(const struct workspace_spec *spec, const struct progress *progress,
                                struct pyro_error *err) MUST_CHECK;

#endif
