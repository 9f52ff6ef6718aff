/* engine/commands/env_first_boot.c: an environment is worth what a machine makes of it. */
#include "engine/commands/env_first_boot.h"

#include "engine/commands/show.h"
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

void env_print_made(const char *how, const json_t *result, FILE *out)
{
    show_line(out, how, json_string_or(result, "environment", NULL));
    show_line(out, "Workspace ID", json_string_or(result, "workspace_id", NULL));
    show_strings(out, "Left out", json_object_get(result, "left_out"));
    show_number(out, "Layers", json_int_or(result, "layers", 0));
}

bool env_first_boot(const char *environment, struct cmd_io *io, struct pyro_error *err)
{
    scoped_json json_t *removed = NULL;

    progress_update(&io->progress, "preparing its first machine", NULL);
    if (workspace_try(environment, &io->progress, err))
        return environment_trial_passed(environment, err);
    removed = environment_remove(environment, &io->progress, NULL);
    return pyro_wrap(err, "%s was not installed: its first machine did not start", environment);
}
