/* engine/commands/service_stop.c: stops a service. */
#include "engine/commands/service_rows.h"
#include "engine/commands/table.h"
#include "engine/service/service.h"

static json_t *service_stop_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct service_args *a = args;

    return service_tell(io, &cmd_service_stop, service_stop(a->workspace, a->service, err));
}

const struct cmd_spec cmd_service_stop = {
    .path = "workspace service stop",
    .summary = "Stop a service: TERM, and KILL ten seconds later",
    .example = "pyro workspace service stop demo clock",
    .traits = CMD_DESTRUCTIVE,
    .tool = TOOL("service_stop", "Stop a service", "Stop a service; its logs stay.",
                 TOOL_IDEMPOTENT | TOOL_DESTRUCTIVE,
                 "workspace_id service_name state exit_code stop_reason published_ports.host_port "
                 "published_ports.guest_port"),
    .args = service_arg_rows,
    .args_size = sizeof(struct service_args),
    .result = service_rows,
    .told = SERVICE_TOLD("stop"),
    .run = service_stop_run,
};
