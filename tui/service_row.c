/* tui/service_row.c: words for a service. */
#include "tui/service_row.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "engine/state/service_files.h"

struct reading {
    json_t *to;
    const char *workspace_id;
};

static void service_row_read_one(void *arg, const struct service_record *r)
{
    struct reading *reading = arg;

    json_array_append_new(reading->to, service_record_to_view(r, reading->workspace_id));
}

bool service_row_read(const struct watched_workspace *w, json_t *to, struct pyro_error *err)
{
    struct reading reading = { to, w->record.id };
    scoped_close int dir_fd = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return dir_fd < 0 ||
           service_each(dir_fd, service_row_read_one, &reading, err); /* else it is going */
}

const char *service_row_name(const json_t *service)
{
    return json_string_or(service, "service_name", "");
}

const char *service_row_workspace(const json_t *service)
{
    return json_string_or(service, "workspace_id", "");
}

bool service_row_is_live(const json_t *service)
{
    const char *state = json_string_or(service, "state", "");

    return !strcmp(state, "running") || !strcmp(state, "starting");
}

enum role service_row_state(const json_t *service, char *ret, size_t size)
{
    const char *state = json_string_or(service, "state", "");
    long long code = (long long)json_int_or(service, "exit_code", 0);

    if (!service_row_is_live(service) && code > 128 && strcmp(state, "stopped") != 0)
        snprintf(ret, size, "signal %lld", code - 128);
    else if (!service_row_is_live(service) &&
             json_is_integer(json_object_get(service, "exit_code")))
        snprintf(ret, size, "%s, %lld", state, code);
    else
        snprintf(ret, size, "%s", state);
    return !strcmp(state, "running")              ? ROLE_GOOD
           : !strcmp(state, "starting")           ? ROLE_WARN
           : !strcmp(state, "failed") || code > 0 ? ROLE_BAD
                                                  : ROLE_IDLE;
}

void service_row_ports(const json_t *service, char *ret, size_t size)
{
    const json_t *ports = json_object_get(service, "published_ports");
    size_t used = 0;

    *ret = '\0';
    for (size_t i = 0; i < json_array_size(ports) && used < size; i++) {
        const json_t *port = json_array_get(ports, i);
        used += (size_t)snprintf(ret + used, size - used, "%s%lld→%lld", i ? " " : "",
                                 (long long)json_int_or(port, "host_port", 0),
                                 (long long)json_int_or(port, "guest_port", 0));
    }
}
