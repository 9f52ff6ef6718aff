/* engine/state/service_members.c: the members of a service's record that need functions of their
 * own. */
#include "engine/state/service_files.h"

const char *const service_state_names[] = { "starting", "running", "stopped",
                                            "exited",   "failed",  NULL };
static const char *const readiness_types[] = { "file", "tcp", "http", "command", NULL };

const struct row_spec service_readiness_rows[] = {
    RES_STR("type", .choices = readiness_types),
    RES_STR("path", .nullable = true, .help = "Of type file"),
    RES_STR("address", .nullable = true, .help = "Of type tcp"),
    RES_STR("url", .nullable = true, .help = "Of type http"),
    RES_STR("command", .nullable = true, .help = "Of type command"),
    RES_INT("timeout_seconds", .help = "0: none"),
    RES_INT("interval_ms"),
    ROW_END,
};

const struct row_spec service_published_rows[] = {
    RES_STR("host"), RES_INT("host_port"), RES_INT("guest_port"), RES_STR("protocol"), ROW_END,
};

const struct row_spec service_rows[] = { ROW_VERSION("version", 1), SERVICE_ROWS, ROW_END };

/* A member for each kind of readiness, null except for the service's own. */
json_t *service_show_readiness(const void *record)
{
    static const char *const texts[] = { "path", "address", "url", "command" };
    const json_t *readiness = ((const struct service_record *)record)->readiness;
    json_t *view;

    if (!readiness)
        return json_null();
    view = json_pack("{s:s, s:I, s:I}", "type", json_string_or(readiness, "type", ""),
                     "timeout_seconds", (json_int_t)json_int_or(readiness, "timeout_ms", 0) / 1000,
                     "interval_ms", (json_int_t)json_int_or(readiness, "interval_ms", 0));
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        json_object_set_new(view, texts[i],
                            json_string_or_null(json_string_or(readiness, texts[i], NULL)));
    if (json_is_string(json_object_get(readiness, "url")))
        json_object_set_new(view, "path", json_null());
    return view;
}

json_t *service_show_pid(const void *record)
{
    const struct service_record *r = record;

    return r->pid > 0 && service_is_live(r) ? json_integer(r->pid) : json_null();
}

bool service_publish_check(const json_t *list, bool opened, struct pyro_error *err)
{
    if (!json_is_array(list) || json_array_size(list) > SERVICE_PORTS_MAX)
        return pyro_fail(err, PYRO_RECORD_INVALID, "'published' is not a list of ports");
    for (size_t i = 0; i < json_array_size(list); i++) {
        int64_t port;
        if (!json_get_int(json_array_get(list, i), "host_port", opened, SERVICE_PORT_MAX, &port,
                          err) ||
            !json_get_int(json_array_get(list, i), "guest_port", 1, SERVICE_PORT_MAX, &port, err))
            return false;
    }
    return true;
}

bool service_load_published(void *field, const json_t *value, struct pyro_error *err)
{
    if (value && !service_publish_check(value, true, err))
        return false;
    *(json_t **)field = value ? json_deep_copy(value) : json_array();
    return true;
}

json_t *service_show_published(const void *record)
{
    const struct service_record *r = record;
    json_t *view = json_array();

    for (size_t i = 0; service_is_live(r) && i < json_array_size(r->published); i++) {
        const json_t *p = json_array_get(r->published, i);
        json_array_append_new(
            view, json_pack("{s:s, s:I, s:I, s:s}", "host", "127.0.0.1", "host_port",
                            (json_int_t)json_int_or(p, "host_port", 0), "guest_port",
                            (json_int_t)json_int_or(p, "guest_port", 0), "protocol", "tcp"));
    }
    return view;
}
