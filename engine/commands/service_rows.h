/* Shared by the commands about services: rows of arguments, and how one is shown. */
#ifndef PYRO_COMMANDS_SERVICE_ROWS_H
#define PYRO_COMMANDS_SERVICE_ROWS_H

#include "engine/cmd/check.h"
#include "engine/cmd/io.h"
#include "engine/cmd/spec.h"
#include "engine/state/service_files.h"

#define ARG_SERVICE(S, F)                                                                          \
    { ARG_ROW_NAMED_("service_name", S, F, ARG_TYPE_STR, const char *),                            \
      .positional = true,                                                                          \
      .metavar = "SERVICE",                                                                        \
      .agent = "",                                                                                 \
      .complete = COMPLETE_SERVICE,                                                                \
      .check = check_name,                                                                         \
      .help = "The service's name" }

/* The arguments of a command that takes a service, and nothing else. */
struct service_args {
    const char *workspace, *service;
};
extern const struct arg_spec service_arg_rows[];

/* Where its ports are, e.g. "127.0.0.1:8080:80,…", with `arrow` between the two ends; into ret,
 * which is returned. "" when there are none. */
#define PUBLISHED_TEXT_BYTES 2048
const char *published_text(char *ret, size_t n, const json_t *service, const char *arrow);
/* A block of "Key: value" lines. */
void show_service(const json_t *service, FILE *out);
/* The [workspace-service-VERB] line of a service object, which says its ports in words. Returns the
 * object; NULL: it failed, and nothing is said. */
#define SERVICE_TOLD(VERB)                                                                         \
    "workspace-service-" VERB " workspace_id service_name state cwd published=published_ports "    \
    "exit_code execution_mode"
json_t *service_tell(struct cmd_io *io, const struct cmd_spec *cmd, json_t *service);

#endif
