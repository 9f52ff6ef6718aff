/*
 * A request to run something in a guest (exec, opening a shell, starting a service), on its way
 * from a client to the supervisor and on to the guest. Every caller packs and checks it by the same
 * rows.
 *
 * A member is one entry in one of the lists below: its FIELD in the struct, its ROW on the wire,
 * and its ARG if a user gives it, by which a command line or JSON fills the field. The commands that
 * have a list have all of its arguments. These are rows of engine/cmd/spec.h, and are expanded in
 * engine/commands only, where S is the struct of a command's arguments, with a member `request`.
 */
#ifndef PYRO_COMMAND_REQUEST_H
#define PYRO_COMMAND_REQUEST_H

#include "vmm/base/rows.h"

#define COMMAND_WORDS_MAX 65536
#define COMMAND_VARIABLES_MAX 4096
#define COMMAND_TIMEOUT_SECONDS 30
#define COMMAND_TIMEOUT_MAX_SECONDS (30 * 24 * 3600)
#define COMMAND_WAIT_MS_MAX (24 * 3600 * 1000)

/* A variable's argument, wherever variables are given. */
#define COMMAND_VARIABLES_ARG                                                                      \
    .pairs = true, .take = command_take_variable, .max = COMMAND_VARIABLES_MAX,                    \
    .metavar = "NAME[=VALUE]"

/* Of exec, run, shell open and service start. */
#define COMMAND_ANYWHERE(FIELD, ROW, ARG, S)                                                       \
    FIELD(json_t *env) /* {NAME: value}, added to the guest's; NULL: none */                       \
    ROW(ROW_MAP(command_request, env, .sparse = true, .max = COMMAND_VARIABLES_MAX))               \
    ARG(LIST, S, env, env, COMMAND_VARIABLES_ARG, .agent = "",                                     \
        .help = "An environment variable; without a value, that of this process, if it has one")

/* Of exec, shell open and service start. */
#define COMMAND_IN_WORKSPACE(FIELD, ROW, ARG, S)                                                   \
    FIELD(char *cwd) /* absolute, as text (file_name.h); NULL: /workspace */                       \
    ROW(ROW_TEXT(command_request, cwd, .value = "/workspace", .sparse = true))                     \
    ARG(STR, S, cwd, cwd, .take = command_take_cwd, .agent = "", .def_str = "/workspace",          \
        .metavar = "PATH", .help = "Directory to run in; relative to /workspace")                  \
    COMMAND_ANYWHERE(FIELD, ROW, ARG, S)                                                           \
    FIELD(json_t *secret_env) /* {VARIABLE: NAME of a secret}, for the supervisor; NULL: none */   \
    ROW(ROW_MAP(command_request, secret_env, .sparse = true, .max = COMMAND_VARIABLES_MAX))        \
    ARG(LIST, S, secret_env, secret_env, .take = command_take_secret, .agent = "",                 \
        .max = COMMAND_VARIABLES_MAX, .metavar = "NAME[=VAR]", .complete = COMPLETE_SECRET,        \
        .help = "A secret of the workspace, as an environment variable of that name or VAR")       \
    FIELD(json_t *secret_files) /* for the guest: their names, if they become the user's; NULL */  \
    ROW(ROW_STRINGS(command_request, secret_files, .sparse = true))                                \
    FIELD(char *user) /* "name", "uid", either with ":group" or ":gid"; NULL: root */              \
    ROW(ROW_TEXT(command_request, user, .sparse = true))                                           \
    ARG(STR, S, user, user, .take = command_take_user, .metavar = "USER[:GROUP]",                  \
        .help = "Run as this user of the guest, by name or number, and let it have /workspace")

/* Of run. */
#define COMMAND_OF_RUN(FIELD, ROW, ARG, S)                                                         \
    ARG(INT, S, timeout_seconds, timeout_ms, .agent = "0: none", .scale = 1000,                    \
        .max = COMMAND_TIMEOUT_MAX_SECONDS, .def = COMMAND_TIMEOUT_SECONDS, .patient = true,       \
        .unit = "seconds", .help = "Kill the command after this time; 0: never")

#define COMMAND_OF_EXEC(FIELD, ROW, ARG, S)                                                        \
    FIELD(int64_t timeout_ms) /* 0: none */                                                        \
    ROW(ROW_INT(command_request, timeout_ms, .max = 1000ll * COMMAND_TIMEOUT_MAX_SECONDS))         \
    ARG(INT, S, timeout_seconds, timeout_ms, .agent = "Default 30; 0: none", .scale = 1000,        \
        .max = COMMAND_TIMEOUT_MAX_SECONDS, .def = ARG_UNSET, .unit = "seconds",                   \
        .help = "Kill the command after this time; 0: never; default 30, or 0 with --detach")      \
    FIELD(bool detach) /* for the supervisor: nobody waits for it */                               \
    ROW(ROW_BOOL(command_request, detach))                                                         \
    ARG(FLAG, S, detach, detach,                                                                   \
        .help = "Do not wait for it: print its number for 'workspace command'; it has no input")   \
    FIELD(int64_t max_wait_ms) /* for the supervisor: then it is detached; 0: never */             \
    ROW(ROW_INT(command_request, max_wait_ms, .max = COMMAND_WAIT_MS_MAX, .nullable = true,        \
                .sparse = true))                                                                   \
    ARG(INT, S, max_wait_ms, max_wait_ms, .agent = "", .min = 1, .max = COMMAND_WAIT_MS_MAX,       \
        .def = ARG_UNSET, .unit = "ms",                                                            \
        .help = "Wait no longer than this: what runs then goes on as with --detach")

/* Of what has a command; that of a shell is the supervisor's, and may be missing. */
#define COMMAND_OF_PROGRAM(FIELD, ROW, ARG, S)                                                     \
    FIELD(json_t *command) /* strings */                                                           \
    ROW(COMMAND_WORDS(.required = true))                                                           \
    ARG(COMMAND, S, command, command, .agent = "argv; ['sh', '-c', '...'] for a pipeline",         \
        .max = COMMAND_WORDS_MAX, .metavar = "CMD...",                                             \
        .help = "The command and its arguments, each kept as it is")

/* The same of run, where an image may have one. */
#define COMMAND_OF_IMAGE(FIELD, ROW, ARG, S)                                                       \
    ARG(COMMAND, S, command, command, .agent = "argv; ['sh', '-c', '...'] for a pipeline",         \
        .optional = true, .max = COMMAND_WORDS_MAX, .metavar = "CMD...",                           \
        .help = "The command and its arguments, each kept as it is; of an image, in place of its " \
                "own")

/* Of env build, whose script may take the place of the command. */
#define COMMAND_OF_BUILD(FIELD, ROW, ARG, S)                                                       \
    ARG(INT, S, timeout_seconds, timeout_ms, .scale = 1000, .max = COMMAND_TIMEOUT_MAX_SECONDS,    \
        .unit = "seconds", .help = "Kill the command after this time; 0: never")                   \
    ARG(COMMAND, S, command, command, .optional = true, .max = COMMAND_WORDS_MAX,                  \
        .metavar = "CMD...",                                                                       \
        .help = "The command and its arguments, each kept as it is; with --script, arguments of "  \
                "the script")

#define COMMAND_OF_SHELL(FIELD, ROW, ARG, S)                                                       \
    FIELD(char *shell) /* for the guest: its id */                                                 \
    ROW(ROW_TEXT(command_request, shell, .sparse = true))                                          \
    FIELD(int64_t cols)                                                                            \
    ROW(ROW_INT(command_request, cols, .min = 1, .max = 1000, .def = 120))                         \
    ARG(INT, S, cols, cols, .min = 2, .max = 1000, .def = 120, .help = "Columns")                  \
    FIELD(int64_t rows)                                                                            \
    ROW(ROW_INT(command_request, rows, .min = 1, .max = 1000, .def = 30))                          \
    ARG(INT, S, rows, rows, .min = 1, .max = 1000, .def = 30, .help = "Rows")                      \
    FIELD(bool interactive) /* for the supervisor: a person types */                               \
    ROW(ROW_BOOL(command_request, interactive, .def = true))                                       \
    ARG(FLAG, S, interactive, interactive,                                                         \
        .help = "For a person's keys: with completion, pagers, editors and history expansion, "    \
                "and not waited for")                                                              \
    FIELD(bool for_program) /* for the guest: the opposite */                                      \
    ROW(ROW_BOOL(command_request, for_program))

#define COMMAND_OF_SERVICE(FIELD, ROW, ARG, S)                                                     \
    FIELD(char *service)                                                                           \
    ROW(ROW_TEXT(command_request, service, .required = true, .sparse = true))                      \
    FIELD(json_t *readiness) /* NULL: none */                                                      \
    ROW(ROW_OBJECT(command_request, readiness, NULL, .sparse = true))                              \
    FIELD(json_t *published) /* for the supervisor; NULL: none */                                  \
    ROW(ROW_OBJECTS(command_request, published, NULL, .sparse = true))                             \
    ARG(LIST, S, publish, published, .take = service_publish_add, .agent = "",                     \
        .metavar = "[HOST:]GUEST", .complete = COMPLETE_PORT,                                      \
        .help = "Have this host's 127.0.0.1:HOST, a free port without HOST, lead to the port "     \
                "GUEST of the guest's loopback, as long as the service runs")

/* The members of each. */
#define COMMAND_EXEC(FIELD, ROW, ARG, S)                                                           \
    COMMAND_IN_WORKSPACE(FIELD, ROW, ARG, S)                                                       \
    COMMAND_OF_EXEC(FIELD, ROW, ARG, S)                                                            \
    COMMAND_OF_PROGRAM(FIELD, ROW, ARG, S)
#define COMMAND_RUN(FIELD, ROW, ARG, S)                                                            \
    COMMAND_ANYWHERE(FIELD, ROW, ARG, S)                                                           \
    COMMAND_OF_RUN(FIELD, ROW, ARG, S)                                                             \
    COMMAND_OF_IMAGE(FIELD, ROW, ARG, S)
#define COMMAND_BUILD(FIELD, ROW, ARG, S)                                                          \
    COMMAND_ANYWHERE(FIELD, ROW, ARG, S)                                                           \
    COMMAND_OF_BUILD(FIELD, ROW, ARG, S)
#define COMMAND_SHELL(FIELD, ROW, ARG, S)                                                          \
    ROW(COMMAND_WORDS())                                                                           \
    COMMAND_IN_WORKSPACE(FIELD, ROW, ARG, S)                                                       \
    COMMAND_OF_SHELL(FIELD, ROW, ARG, S)
#define COMMAND_SERVICE(FIELD, ROW, ARG, S)                                                        \
    COMMAND_IN_WORKSPACE(FIELD, ROW, ARG, S)                                                       \
    COMMAND_OF_SERVICE(FIELD, ROW, ARG, S)                                                         \
    COMMAND_OF_PROGRAM(FIELD, ROW, ARG, S)

struct command_request {
    COMMAND_EXEC(MEMBER_FIELD, MEMBER_NONE, MEMBER_NONE, )
    COMMAND_OF_SHELL(MEMBER_FIELD, MEMBER_NONE, MEMBER_NONE, )
    COMMAND_OF_SERVICE(MEMBER_FIELD, MEMBER_NONE, MEMBER_NONE, )
};

extern const struct row_spec exec_request_rows[], shell_request_rows[], service_request_rows[];

void command_request_release(struct command_request *r);
#define scoped_command_request                                                                     \
    __attribute__((cleanup(command_request_release))) struct command_request

/* Whether it would be taken where it goes to, so that nothing is begun for one that is not. */
bool command_request_check(const struct row_spec *rows, const struct command_request *r,
                           struct pyro_error *err) MUST_CHECK;
/* Reads one; beside the rows, the names of variables are checked, and that none is given twice. *ret
 * has been zeroed, and must be released in any case. PYRO_INVALID_ARGUMENT. */
bool command_request_load(const struct row_spec *rows, const json_t *request,
                          struct command_request *ret, struct pyro_error *err) MUST_CHECK;
/* The message {"op": op, "do": what, …}, new; `what` NULL: without. NULL when out of memory. */
json_t *command_request_pack(const struct row_spec *rows, const struct command_request *r,
                             const char *op, const char *what) MUST_CHECK;
/* Whether n bytes are the name of a variable: ^[A-Za-z_][A-Za-z0-9_]*$. */
bool command_variable_is_valid(const char *name, size_t n);
/* Whether all names of an object are. PYRO_INVALID_ARGUMENT. */
bool command_variables_check(const json_t *variables, struct pyro_error *err) MUST_CHECK;

#endif
