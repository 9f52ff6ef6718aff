/* vmm/base/command_request.c: the rows of a command to run, and the checks that rows cannot
 * express. */
#include "vmm/base/command_request.h"

#include <string.h>

#define COMMAND_WORDS(...)                                                                         \
    ROW_STRINGS(command_request, command, .sparse = true, .min = 1, .max = COMMAND_WORDS_MAX,      \
                __VA_ARGS__)
#define ROWS_OF(KIND) COMMAND_##KIND(MEMBER_NONE, MEMBER_ROW, MEMBER_NONE, ) ROW_END

const struct row_spec exec_request_rows[] = { ROWS_OF(EXEC) };
const struct row_spec shell_request_rows[] = { ROWS_OF(SHELL) };
const struct row_spec service_request_rows[] = { ROWS_OF(SERVICE) };

void command_request_release(struct command_request *r)
{
    rows_release(exec_request_rows, r);
    rows_release(shell_request_rows, r);
    rows_release(service_request_rows, r);
}

bool command_variable_is_valid(const char *name, size_t n)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

    return n && strspn(name, allowed) >= n && !(name[0] >= '0' && name[0] <= '9');
}

bool command_variables_check(const json_t *variables, struct pyro_error *err)
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

bool command_request_load(const struct row_spec *rows, const json_t *request,
                          struct command_request *ret, struct pyro_error *err)
{
    return rows_load_request(rows, request, ret, err) && command_variables_check(ret->env, err) &&
           command_variables_check(ret->secret_env, err) && check_twice(ret, err);
}

bool command_request_check(const struct row_spec *rows, const struct command_request *r,
                           struct pyro_error *err)
{
    scoped_json json_t *request = rows_save(rows, r);
    scoped_command_request again = { 0 };

    if (!request)
        return pyro_no_memory(err, NULL);
    return command_request_load(rows, request, &again, err);
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
