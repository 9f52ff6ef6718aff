/*
 * The arguments of a command as a JSON object: its members are named like the rows, which check
 * them as they do on a command line. A string is a string, a flag a boolean, a list
 * and a command an array of strings, a list of NAME=VALUE an object; null is the same as nothing.
 */
#ifndef PYRO_CMD_JSON_ARGS_H
#define PYRO_CMD_JSON_ARGS_H

#include "engine/cmd/spec.h"

struct json_args {
    const struct cmd_spec *cmd;
    _Alignas(16) char args[CMD_ARGS_SIZE_MAX]; /* the command's struct */
    json_t *object, *pairs;                    /* what its strings belong to */
};

/*
 * Fills ret; `object` NULL: no arguments. PYRO_USAGE for a member that is unknown or missing,
 * PYRO_INVALID_ARGUMENT for a value; the message begins with the command and the member. Release
 * it in either case.
 */
bool json_args_read(struct json_args *ret, const struct cmd_spec *cmd, json_t *object,
                    struct pyro_error *err) MUST_CHECK;
void json_args_release(struct json_args *a);

#endif
