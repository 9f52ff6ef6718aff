/* engine/service/service_members.c: the members of a service's record that are not as others. */
#include "engine/service/service.h"
#include "vmm/base/fs.h"

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

/* One member of each kind there is, null when it is not of this one. */
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

bool service_load_published(void *field, const json_t *value, struct pyro_error *err)
{
    if (value && !service_publish_check(value, true, err))
        return false;
    *(json_t **)field = value ? json_deep_copy(value) : json_array();
    return true;
}

json_t *service_show_published(const void *record)
{
    return service_published_view(record);
}
