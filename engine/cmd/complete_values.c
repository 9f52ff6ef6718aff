/* engine/cmd/complete_values.c: names of workspaces, environments and services, for completion. */
#include "engine/cmd/complete_values.h"

#include "engine/environment/environment.h"
#include "engine/service/service.h"
#include "engine/workspace/workspace.h"

static void add(json_t *list, const char *value, const char *help)
{
    if (value)
        json_array_append_new(list,
                              json_pack("{s:s, s:s}", "value", value, "help", help ? help : ""));
}

json_t *complete_workspaces(void)
{
    scoped_json json_t *found = workspace_list(NULL);
    const json_t *workspaces = json_object_get(found, "workspaces");
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(workspaces); i++) {
        const json_t *w = json_array_get(workspaces, i);

        add(list, json_string_or(w, "name", NULL), json_string_or(w, "state", NULL));
        add(list, json_string_or(w, "workspace_id", NULL), json_string_or(w, "state", NULL));
    }
    return list;
}

json_t *complete_environments(void)
{
    scoped_json json_t *found = environment_list(NULL);
    const json_t *environments = json_object_get(found, "environments");
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(environments); i++) {
        const json_t *e = json_array_get(environments, i);

        add(list, json_string_or(e, "name", NULL), json_string_or(e, "description", NULL));
    }
    return list;
}

json_t *complete_services(const char *workspace)
{
    scoped_json json_t *found = service_list(workspace, NULL);
    const json_t *services = json_object_get(found, "services");
    json_t *list = json_array();

    for (size_t i = 0; i < json_array_size(services); i++) {
        const json_t *s = json_array_get(services, i);

        add(list, json_string_or(s, "service_name", NULL), json_string_or(s, "state", NULL));
    }
    return list;
}
