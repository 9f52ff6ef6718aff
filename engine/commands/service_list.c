/* engine/commands/service_list.c: the services of a workspace. */

#include "engine/commands/rows.h"
#include "engine/commands/service_rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/service/service.h"

static const struct row_spec service_list_result[] = {
    RES_STR("workspace_id"),
    RES_INT("count"),
    RES_INT("running_count"),
    RES_OBJECTS("services", service_rows, .help = "By name"),
    ROW_END,
};

static json_t *service_list_run(const void *args, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    const struct workspace_args *a = args;

    return service_list(a->workspace, err);
}

static void service_list_show_ports(const json_t *service, FILE *out)
{
    char ports[PUBLISHED_TEXT_BYTES];

    fputs(published_text(ports, sizeof(ports), service, "->"), out);
}

static void service_list_print(const json_t *result, FILE *out)
{
    static const struct show_column columns[] = {
        { "SERVICE", 16, .member = "service_name" }, { "STATE", 9, .member = "state" },
        { "EXIT", 5, .member = "exit_code" },        { "PORTS", .show = service_list_show_ports },
        { "COMMAND", .show = show_command },         { .title = NULL },
    };

    show_table(json_object_get(result, "services"), columns, "No services.", out);
}

const struct cmd_spec cmd_service_list = {
    .path = "workspace service list",
    .summary = "List a workspace's services, including those that have ended",
    .example = "pyro workspace service list demo",
    .traits = CMD_READ_ONLY,
    .tool = TOOL("service_list", "List services", "List the services of a workspace.", 0,
                 "count running_count services.service_name services.state services.exit_code"),
    .args = workspace_arg_rows,
    .args_size = sizeof(struct workspace_args),
    .result = service_list_result,
    .run = service_list_run,
    .print = service_list_print,
};
