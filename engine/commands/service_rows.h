/* What the commands about services share: rows of arguments and results, and how one is shown. */
#ifndef PYRO_CMD_SERVICE_ROWS_H
#define PYRO_CMD_SERVICE_ROWS_H

#include "engine/cmd/io.h"
#include "engine/cmd/spec.h"

#define ARG_SERVICE(S, F)                                                                          \
    { ARG_ROW_(S, F, ARG_TYPE_STR, const char *),                                                  \
      .positional = true,                                                                          \
      .metavar = "SERVICE",                                                                        \
      .complete = COMPLETE_SERVICE,                                                                \
      .check = check_name,                                                                         \
      .help = "The service's name" }

/* The members of a service object, for use inside a row array. */
#define RES_SERVICE_ROWS                                                                           \
    RES_STR("workspace_id"), RES_STR("service_name"), RES_STRINGS("command"), RES_STR("cwd"),      \
        RES_STR("state", .choices = service_state_names), RES_NUM("started_at"),                   \
        RES_NUM("ready_at", .nullable = true), RES_NUM("ended_at", .nullable = true),              \
        RES_INT("exit_code", .nullable = true, .help = "128+N when signal N ended it"),            \
        RES_INT("pid", .nullable = true, .help = "In the guest, while it runs"),                   \
        RES_OBJECT("readiness", readiness_rows, .nullable = true),                                 \
        RES_STR("stop_reason", .nullable = true, .help = "Why it no longer runs"),                 \
        RES_STR("execution_mode", .choices = execution_modes),                                     \
        RES_OBJECTS("published_ports", published_rows)

extern const struct result_spec readiness_rows[], published_rows[];
/* The service object alone. */
extern const struct result_spec service_rows[];

/* Where its ports are, e.g. "127.0.0.1:8080:80,…", with `arrow` between the two ends; into ret,
 * which is returned. "" when there are none. */
#define PUBLISHED_TEXT_BYTES 2048
const char *published_text(char *ret, size_t n, const json_t *service, const char *arrow);
/* A block of "Key: value" lines. */
void show_service(const json_t *service, FILE *out);
/* The [workspace-service-VERB] line of a service object. */
void service_summary(struct cmd_io *io, const char *name, const json_t *service);

#endif
