/* engine/commands/service_list.c: the services of a workspace. */
#include <string.h>

#include "engine/cmd/check.h"
#include "engine/cmd/text.h"
#include "engine/commands/rows.h"
#include "engine/commands/service_rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/service/service.h"

struct service_list_args {
    const char *workspace;
};

static const struct arg_spec service_list_rows[] = {
    ARG_WORKSPACE(service_list_args, workspace),
    ARG_END,
};

static const struct row_spec service_list_result[] = {
    RES_STR("workspace_id"),
    RES_INT("count"),
    RES_INT("running_count"),
    RES_OBJECTS("services", service_rows, .help = "By name"),
    ROW_END,
};

static json_t *service_list_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct service_list_args *a = args;

    return service_list(a->workspace, err);
}

static void service_list_print(const json_t *result, FILE *out)
{
    const json_t *list = json_object_get(result, "services");
    char ports[PUBLISHED_TEXT_BYTES];

    size_t wide = 0;

    if (!json_array_size(list)) {
        fputs("No services.\n", out);
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        size_t n = strlen(published_text(ports, sizeof(ports), json_array_get(list, i), "->"));
        wide = n && n + 1 > wide ? n + 1 : wide;
    }
    fprintf(out, "%-16s %-9s %-5s %-*s%s\n", "SERVICE", "STATE", "EXIT", (int)wide,
            wide ? "PORTS" : "", "COMMAND");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *s = json_array_get(list, i);
        char code[16] = "-";

        if (json_is_integer(json_object_get(s, "exit_code")))
            snprintf(code, sizeof(code), "%d", (int)json_int_or(s, "exit_code", 0));
        fprintf(out, "%-16s %-9s %-5s %-*s", json_string_or(s, "service_name", ""),
                json_string_or(s, "state", ""), code, (int)wide,
                published_text(ports, sizeof(ports), s, "->"));
        show_command(out, json_object_get(s, "command"));
        fputc('\n', out);
    }
}

const struct cmd_spec cmd_service_list = {
    .path = "workspace service list",
    .summary = "List a workspace's services, including those that have ended",
    .example = "pyro workspace service list demo",
    .traits = CMD_READ_ONLY,
    .tool = TOOL("service_list", "List services", "List the services of a workspace.", 0,
                 "count running_count services.service_name services.state services.exit_code"),
    .args = service_list_rows,
    .args_size = sizeof(struct service_list_args),
    .result = service_list_result,
    .run = service_list_run,
    .print = service_list_print,
};
