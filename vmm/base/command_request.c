/* vmm/base/command_request.c: the rows of a command to run, and the checks that rows cannot
 * express. */
#include "vmm/base/command_request.h"

#include <string.h>

#define MEMBERS_OF_ALL                                                                             \
    ROW_TEXT(command_request, cwd, .value = "/workspace", .sparse = true),                         \
        ROW_MAP(command_request, env, .sparse = true, .max = COMMAND_VARIABLES_MAX),               \
        ROW_MAP(command_request, secret_env, .sparse = true, .max = COMMAND_VARIABLES_MAX)
#define COMMAND(...)                                                                               \
    ROW_STRINGS(command_request, command, .sparse = true, .min = 1, .max = COMMAND_WORDS_MAX,      \
                __VA_ARGS__)
#define MEMBERS_OF_EXEC ROW_INT(command_request, timeout_ms, .max = COMMAND_TIMEOUT_MAX_MS)
#define MEMBERS_OF_SHELL                                                                           \
    ROW_TEXT(command_request, shell, .sparse = true),                                              \
        ROW_INT(command_request, cols, .min = 1, .max = 1000, .def = 120),                         \
        ROW_INT(command_request, rows, .min = 1, .max = 1000, .def = 30),                          \
        ROW_BOOL(command_request, interactive, .def = true),                                       \
        ROW_BOOL(command_request, for_program)
#define MEMBERS_OF_SERVICE                                                                         \
    ROW_TEXT(command_request, service, .required = true, .sparse = true),                          \
        ROW_OBJECT(command_request, readiness, NULL, .sparse = true),                              \
        ROW_OBJECTS(command_request, published, NULL, .sparse = true)

const struct row_spec exec_request_rows[] = {
    COMMAND(.required = true),
    MEMBERS_OF_ALL,
    MEMBERS_OF_EXEC,
    ROW_END,
};
const struct row_spec shell_request_rows[] = { COMMAND(), MEMBERS_OF_ALL, MEMBERS_OF_SHELL,
                                               ROW_END };
const struct row_spec service_request_rows[] = {
    COMMAND(.required = true),
    MEMBERS_OF_ALL,
    MEMBERS_OF_SERVICE,
    ROW_END,
};

void command_request_release(struct command_request *r)
{
    static const struct row_spec all[] = { COMMAND(), MEMBERS_OF_ALL, MEMBERS_OF_SHELL,
                                           MEMBERS_OF_SERVICE, ROW_END };

    rows_release(all, r);
}

bool command_variable_is_valid(const char *name, size_t n)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

    return n && strspn(name, allowed) >= n && !(name[0] >= '0' && name[0] <= '9');
}

static bool check_names(const json_t *variables, struct pyro_error *err)
{
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)variables, name, value)
        if (!command_variable_is_valid(name, strlen(name)))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                             "'%.64s' is not the name of an environment variable", name);
    return true;
}

/* A variable that is both would silently lose one of its values. */
static bool check_twice(const struct command_request *r, struct pyro_error *err)
{
    const char *name;
    json_t *value;

    json_object_foreach (r->secret_env, name, value)
        if (json_object_get(r->env, name))
            return pyro_fail(err, PYRO_INVALID_ARGUMENT,
                             "variable '%.64s' is given by --env and by --secret-env", name);
    return true;
}

bool command_request_check(const struct command_request *r, struct pyro_error *err)
{
    return check_names(r->env, err) && check_names(r->secret_env, err) && check_twice(r, err);
}

bool command_request_load(const struct row_spec *rows, const json_t *request,
                          struct command_request *ret, struct pyro_error *err)
{
    return rows_load_request(rows, request, ret, err) && command_request_check(ret, err);
}

json_t *command_request_pack(const struct row_spec *rows, const struct command_request *r,
                             const char *op, const char *what)
{
    json_t *request = rows_save(rows, r);

    json_object_set_new(request, "op", json_string(op));
    if (what)
        json_object_set_new(request, "do", json_string(what));
    return request;
}
