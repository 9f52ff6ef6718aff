/*
 * A request to run something in a guest (exec, opening a shell, starting a service), on its way
 * from a client to the supervisor and on to the guest. Every caller packs and checks it by the same
 * rows, so a new member is declared here and is there all the way.
 */
#ifndef PYRO_COMMAND_REQUEST_H
#define PYRO_COMMAND_REQUEST_H

#include "vmm/base/rows.h"

#define COMMAND_WORDS_MAX 65536
#define COMMAND_VARIABLES_MAX 4096
#define COMMAND_TIMEOUT_MAX_MS (30ll * 24 * 3600 * 1000)

struct command_request {
    json_t *command;    /* array of strings; NULL: a shell's, which is the supervisor's */
    char *cwd;          /* absolute, as text (file_name.h) */
    json_t *env;        /* {NAME: value}, added to the guest's; NULL: none */
    json_t *secret_env; /* {VARIABLE: NAME of a secret}, for the supervisor; NULL: none */
    /* Of exec. */
    int64_t timeout_ms; /* 0: none */
    /* Of a shell. */
    char *shell; /* for the guest: its id */
    int64_t cols, rows;
    bool interactive; /* for the supervisor: a person types */
    bool for_program; /* for the guest: the opposite */
    /* Of a service. */
    char *service;
    json_t *readiness; /* NULL: none */
    json_t *published; /* for the supervisor; NULL: none */
};

extern const struct row_spec exec_request_rows[], shell_request_rows[], service_request_rows[];

void command_request_release(struct command_request *r);
#define scoped_command_request                                                                     \
    __attribute__((cleanup(command_request_release))) struct command_request

/* Checks the rows cannot express: the names of variables, and that none is given twice. */
bool command_request_check(const struct command_request *r, struct pyro_error *err) MUST_CHECK;
/* Reads one, checked. *ret has been zeroed, and must be released in any case. */
bool command_request_load(const struct row_spec *rows, const json_t *request,
                          struct command_request *ret, struct pyro_error *err) MUST_CHECK;
/* The message {"op": op, "do": what, …}, new; `what` NULL: without. NULL when out of memory. */
json_t *command_request_pack(const struct row_spec *rows, const struct command_request *r,
                             const char *op, const char *what) MUST_CHECK;
/* Whether n bytes are the name of a variable: ^[A-Za-z_][A-Za-z0-9_]*$. */
bool command_variable_is_valid(const char *name, size_t n);

#endif
