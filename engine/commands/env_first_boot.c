/* engine/commands/env_first_boot.c: an environment is worth what a machine makes of it. */
#include "engine/commands/env_first_boot.h"

#include "engine/environment/environment.h"
#include "engine/workspace/workspace.h"

json_t *env_show(const char *environment, struct pyro_error *err)
{
    scoped_json json_t *list = json_array();
    json_t *object = environment_inspect(environment, err);

    if (!object)
        return NULL;
    json_array_append_new(list, object);
    return workspace_add_users(list, err) ? json_incref(object) : NULL;
}

bool env_first_boot(const char *environment, struct cmd_io *io, struct pyro_error *err)
{
    scoped_json json_t *removed = NULL;

    progress_update(&io->progress, "preparing its first machine", NULL);
    if (workspace_try(environment, &io->progress, err))
        return true;
    removed = environment_remove(environment, &io->progress, NULL);
    return pyro_wrap(err, "%s was not installed: its first machine did not start", environment);
}
