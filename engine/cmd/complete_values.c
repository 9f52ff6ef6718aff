/* engine/cmd/complete_values.c: existing names, for completion. */
#include "engine/cmd/complete_values.h"

#include <string.h>

#include "engine/client/handle.h"
#include "engine/disk/snapshot.h"
#include "engine/environment/environment.h"
#include "engine/service/service.h"
#include "engine/shell/shell.h"
#include "engine/workspace/workspace.h"
#include "vmm/base/fs.h"

static void add(json_t *list, const char *value, const char *help)
{
    if (value)
        json_array_append_new(list,
                              json_pack("{s:s, s:s}", "value", value, "help", help ? help : ""));
}

/* One member of each object in an array, with another as its help. */
static void add_each(json_t *list, const json_t *found, const char *array, const char *name,
                     const char *help)
{
    const json_t *items = json_object_get(found, array);

    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);

        add(list, json_string_or(item, name, NULL), json_string_or(item, help, NULL));
    }
}

static void add_shells_of(json_t *list, const json_t *workspace)
{
    const char *id = json_string_or(workspace, "workspace_id", "");
    scoped_json json_t *found = shell_list(id, NULL);
    const json_t *shells = json_object_get(found, "shells");

    for (size_t i = 0; i < json_array_size(shells); i++) {
        const json_t *shell = json_array_get(shells, i);
        scoped_free char *both = str_printf("%s/%s", json_string_or(workspace, "name", id),
                                            json_string_or(shell, "shell_id", ""));

        add(list, both, json_string_or(shell, "state", NULL));
    }
}

static void add_labels_of(json_t *list, const json_t *workspace, bool with_value)
{
    const char *key;
    json_t *value;

    json_object_foreach (json_object_get(workspace, "labels"), key, value) {
        scoped_free char *both = str_printf("%s=%s", key, json_string_value(value));

        add(list, with_value ? both : key, with_value ? "" : json_string_value(value));
    }
}

static void add_of_all(json_t *list, enum arg_complete kind)
{
    scoped_json json_t *found = workspace_list(kind != COMPLETE_LABEL, NULL);
    const json_t *workspaces = json_object_get(found, "workspaces");

    for (size_t i = 0; i < json_array_size(workspaces); i++) {
        const json_t *w = json_array_get(workspaces, i);

        if (kind == COMPLETE_LABEL) {
            add_labels_of(list, w, true);
            continue;
        }
        add(list, json_string_or(w, "name", NULL), json_string_or(w, "state", NULL));
        add(list, json_string_or(w, "workspace_id", NULL), json_string_or(w, "state", NULL));
        if (kind == COMPLETE_WORKSPACE_SHELL)
            add_shells_of(list, w);
    }
}

static void add_snapshots(json_t *list, const json_t *found, bool deletable)
{
    const json_t *snapshots = json_object_get(found, "snapshots");

    for (size_t i = 0; i < json_array_size(snapshots); i++) {
        const json_t *s = json_array_get(snapshots, i);

        if (!deletable || json_bool_or(s, "deletable", false))
            add(list, json_string_or(s, "snapshot_name", NULL), json_string_or(s, "kind", NULL));
    }
}

/* As the image has it, "80/tcp"; only TCP's can be published. */
static void add_ports(json_t *list, const char *workspace)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    scoped_record struct workspace_record r = { 0 };
    const json_t *ports;

    if (!workspace_open(workspace, &w, NULL) || !record_load(w.dir_fd, w.id, &r, NULL))
        return;
    ports = json_object_get(r.image, "ports");
    for (size_t i = 0; i < json_array_size(ports); i++) {
        const char *port = json_string_value(json_array_get(ports, i));
        size_t n = strcspn(port, "/");
        scoped_free char *number = str_printf("%.*s", (int)n, port);

        if (!port[n] || !strcmp(port + n, "/tcp"))
            add(list, number, "a port of the image");
    }
}

static void add_of_one(json_t *list, enum arg_complete kind, const char *workspace)
{
    bool is_snapshot = kind == COMPLETE_SNAPSHOT || kind == COMPLETE_SNAPSHOT_NAMED;
    scoped_json json_t *found = kind == COMPLETE_SERVICE ? service_list(workspace, NULL)
                                : kind == COMPLETE_SHELL ? shell_list(workspace, NULL)
                                : is_snapshot            ? snapshot_list(workspace, NULL)
                                                         : workspace_status(workspace, NULL);

    if (kind == COMPLETE_SERVICE)
        add_each(list, found, "services", "service_name", "state");
    else if (kind == COMPLETE_SHELL)
        add_each(list, found, "shells", "shell_id", "state");
    else if (is_snapshot)
        add_snapshots(list, found, kind == COMPLETE_SNAPSHOT_NAMED);
    else if (kind == COMPLETE_SECRET)
        add_each(list, found, "secrets", "name", "source_kind");
    else
        add_labels_of(list, found, false);
}

json_t *complete_values(enum arg_complete kind, const char *workspace)
{
    json_t *list = json_array();

    switch (kind) {
    case COMPLETE_NOTHING:
    case COMPLETE_FILE:
        break;
    case COMPLETE_ENVIRONMENT: {
        scoped_json json_t *found = environment_list(NULL);

        add_each(list, found, "environments", "name", "description");
        break;
    }
    case COMPLETE_WORKSPACE:
    case COMPLETE_WORKSPACE_SHELL:
    case COMPLETE_LABEL:
        add_of_all(list, kind);
        break;
    case COMPLETE_SERVICE:
    case COMPLETE_SHELL:
    case COMPLETE_SNAPSHOT:
    case COMPLETE_SNAPSHOT_NAMED:
    case COMPLETE_SECRET:
    case COMPLETE_LABEL_KEY:
        if (workspace)
            add_of_one(list, kind, workspace);
        break;
    case COMPLETE_PORT:
        if (workspace)
            add_ports(list, workspace);
        break;
    }
    return list;
}
