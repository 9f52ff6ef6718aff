/* engine/commands/service_rows.c: shared by the commands about services. */
#include "engine/commands/service_rows.h"

#include "engine/cmd/summary.h"
#include "engine/commands/show.h"
#include "vmm/base/json.h"

const struct arg_spec service_arg_rows[] = {
    ARG_WORKSPACE(service_args, workspace),
    ARG_SERVICE(service_args, service),
    ARG_END,
};

const char *published_text(char *ret, size_t n, const json_t *service, const char *arrow)
{
    const json_t *list = json_object_get(service, "published_ports");
    size_t used = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < json_array_size(list) && used < n; i++) {
        const json_t *p = json_array_get(list, i);
        used += (size_t)snprintf(ret + used, n - used, "%s%s:%d%s%d", i ? "," : "",
                                 json_string_or(p, "host", ""), (int)json_int_or(p, "host_port", 0),
                                 arrow, (int)json_int_or(p, "guest_port", 0));
    }
    return ret;
}

void show_service(const json_t *s, FILE *out)
{
    const json_t *readiness = json_object_get(s, "readiness");
    char ports[PUBLISHED_TEXT_BYTES];

    show_line(out, "Service", json_string_or(s, "service_name", NULL));
    show_line(out, "Workspace ID", json_string_or(s, "workspace_id", NULL));
    show_line(out, "State", json_string_or(s, "state", NULL));
    fputs("Command: ", out);
    show_command(s, out);
    fputc('\n', out);
    show_line(out, "Published ports", published_text(ports, sizeof(ports), s, " -> "));
    show_line(out, "Directory", json_string_or(s, "cwd", NULL));
    show_line(out, "Readiness", json_string_or(readiness, "type", NULL));
    if (json_is_integer(json_object_get(s, "pid")))
        show_number(out, "Pid", json_int_or(s, "pid", 0));
    if (json_is_integer(json_object_get(s, "exit_code")))
        show_number(out, "Exit code", json_int_or(s, "exit_code", 0));
    show_line(out, "Stop reason", json_string_or(s, "stop_reason", NULL));
    show_line(out, "Execution mode", json_string_or(s, "execution_mode", NULL));
}

json_t *service_tell(struct cmd_io *io, const struct cmd_spec *cmd, json_t *service)
{
    scoped_json json_t *told = json_copy(service);
    char ports[PUBLISHED_TEXT_BYTES];

    if (!service)
        return NULL;
    published_text(ports, sizeof(ports), service, ":");
    json_object_set_new(told, "published_ports", *ports ? json_string(ports) : json_null());
    summary_tell(io, cmd, told);
    return service;
}
