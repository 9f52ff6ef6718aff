/* engine/commands/service_status.c: a service's state. */
#include "engine/commands/service_rows.h"
#include "engine/commands/table.h"
#include "engine/service/service.h"

static json_t *service_status_run(const void *args, struct cmd_io *io UNUSED,
                                  struct pyro_error *err)
{
    const struct service_args *a = args;

    return service_status(a->workspace, a->service, err);
}

const struct cmd_spec cmd_service_status = {
    .path = "workspace service status",
    .summary = "Show a service's status",
    .example = "pyro workspace service status demo clock",
    .traits = CMD_READ_ONLY,
    .tool = TOOL("service_status", "Show a service", "State of a service.", 0,
                 "workspace_id service_name state exit_code stop_reason published_ports.host_port "
                 "published_ports.guest_port"),
    .args = service_arg_rows,
    .args_size = sizeof(struct service_args),
    .result = service_rows,
    .run = service_status_run,
    .print = show_service,
};
