/* Rows that several commands share: of arguments, of results, and the limits of this host. */
#ifndef PYRO_COMMANDS_ROWS_H
#define PYRO_COMMANDS_ROWS_H

#include "engine/cmd/spec.h"
#include "engine/secret/secrets.h"
#include "engine/state/record.h"
#include "vmm/base/command_request.h"

#define SECONDS_MAX (30 * 24 * 3600) /* of any time-out or time to live */
#define MEM_STEP_MIB 128
#define DEFAULT_MEM_MIB 1024
#define DEFAULT_VCPU_COUNT 1

int64_t limit_vcpus(void);   /* what this process may use, at most 32 */
int64_t limit_mem_mib(void); /* the same, whole steps of MEM_STEP_MIB */

#define ARG_VCPU_COUNT(S, DEFAULT, ...)                                                            \
    ARG_INT(S, vcpu_count, .agent = "", .min = 1, .max_of = limit_vcpus, .def = (DEFAULT),         \
            .help = "Virtual processors, at most the host's and 32" __VA_ARGS__)
#define ARG_MEM_MIB(S, DEFAULT, ...)                                                               \
    ARG_INT(S, mem_mib, .agent = "", .min = MEM_STEP_MIB, .max_of = limit_mem_mib,                 \
            .step = MEM_STEP_MIB, .def = (DEFAULT), .unit = "MiB",                                 \
            .help = "Memory, at most the host's" __VA_ARGS__)
#define ARG_TTL_SECONDS(S, DEFAULT, ...)                                                           \
    ARG_INT(S, ttl_seconds, __VA_ARGS__.max = SECONDS_MAX, .def = (DEFAULT), .unit = "seconds",    \
            .help = "Stop the VM after this time; 0: never")
#define ARG_SUSPEND_AFTER_IDLE(S, DEFAULT, ...)                                                    \
    ARG_INT(S, suspend_after_idle, __VA_ARGS__.max = SECONDS_MAX, .def = (DEFAULT),                \
            .unit = "seconds",                                                                     \
            .help = "Suspend it once nobody has needed it for so long, at least 60; 0: never")
#define ARG_NETWORK(S)                                                                             \
    ARG_FLAG(S, network, .agent = "",                                                              \
             .help = "Let it connect out; without this it has no network at all")
#define ARG_LABEL(S)                                                                               \
    ARG_LIST(S, label, .agent = "", .pairs = true, .metavar = "KEY=VALUE",                         \
             .complete = COMPLETE_LABEL, .check = check_label, .help = "A label")
/* Owned by the arguments' struct. */
#define ARG_WORKSPACE_ENV(S, F, HELP)                                                              \
    ARG_OWNED(LIST, env, S, F, COMMAND_VARIABLES_ARG, .agent = "", .help = (HELP))
/* For take_secrets(). */
#define ARG_SECRETS(S)                                                                             \
    ARG_LIST(S, secret, .agent = "NAME to value", .pairs = true, .metavar = "NAME=VALUE",          \
             .help = "A secret; the value is visible in the process list: prefer --secret-file"),  \
        ARG_LIST(S, secret_file, .pairs = true, .metavar = "NAME=PATH", .complete = COMPLETE_FILE, \
                 .help = "A secret that is the text of a file")
#define ARG_ALLOW_HOST_COMPAT(S)                                                                   \
    ARG_FLAG(S, allow_host_compat,                                                                 \
             .help = "Where no VM can be had, run on the host itself, without isolation")

/* The arguments of a command that takes a workspace, and nothing else. */
struct workspace_args {
    const char *workspace;
};
extern const struct arg_spec workspace_arg_rows[];

/* One environment, of list, inspect and pull. */
extern const struct row_spec environment_rows[];

/* A command's output as it is stored: the members stdout… and stderr…, for use inside a row array.
 */
#define RES_OUTPUT_ROWS                                                                            \
    RES_STR("stdout", .help = "The first MiB"), RES_INT("stdout_bytes"),                           \
        RES_BOOL("stdout_truncated"), RES_STR("stderr", .help = "The first MiB"),                  \
        RES_INT("stderr_bytes"), RES_BOOL("stderr_truncated")

/* An array of strings from a list, new. */
json_t *list_to_json(const struct arg_list *list);
/* Of --secret and --secret-file. */
bool take_secrets(const struct arg_list *secret, const struct arg_list *secret_file,
                  struct secrets *ret, struct pyro_error *err) MUST_CHECK;
/* An object of labels from KEY=VALUE items (checked by check_label), new; NULL when there are none.
 */
json_t *labels_to_json(const struct arg_list *list);

#endif
