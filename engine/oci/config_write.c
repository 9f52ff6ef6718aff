/* engine/oci/config_write.c: what pyro does not know is left out. */
#include "engine/oci/config_write.h"

#include <string.h>

#include "engine/oci/manifest.h"

/* By the names of each in a saved configuration and in the document. */
static const struct {
    const char *saved, *written;
    bool is_set; /* a list here, an object of empty objects there */
} members[] = {
    { "env", "Env", false },
    { "entrypoint", "Entrypoint", false },
    { "cmd", "Cmd", false },
    { "labels", "Labels", false },
    { "user", "User", false },
    { "working_dir", "WorkingDir", false },
    { "stop_signal", "StopSignal", false },
    { "ports", "ExposedPorts", true },
    { "volumes", "Volumes", true },
};

static json_t *set_of(const json_t *list)
{
    json_t *set = json_object();

    for (size_t i = 0; i < json_array_size(list); i++)
        json_object_set_new(set, json_string_value(json_array_get(list, i)), json_object());
    return set;
}

static bool is_empty(const json_t *value)
{
    return json_is_string(value) ? !json_string_length(value)
                                 : !json_array_size(value) && !json_object_size(value);
}

json_t *oci_config_write(const json_t *saved, json_t *diff_ids, const char *created)
{
    json_t *config = json_object(), *history = json_array();

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        json_t *value = json_object_get(saved, members[i].saved);
        if (!is_empty(value))
            json_object_set_new(config, members[i].written,
                                members[i].is_set ? set_of(value) : json_incref(value));
    }
    for (size_t i = 0; i < json_array_size(diff_ids); i++)
        json_array_append_new(history,
                              json_pack("{ss ss}", "created", created, "created_by", "pyro"));
    return json_pack("{ss ss ss so s{ss so} so}", "created", created, "architecture",
                     oci_platform_host.architecture, "os", oci_platform_host.os, "config", config,
                     "rootfs", "type", "layers", "diff_ids", diff_ids, "history", history);
}
