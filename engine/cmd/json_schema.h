/* A command's arguments and result as JSON Schema (2020-12), from its rows. */
#ifndef PYRO_CMD_JSON_SCHEMA_H
#define PYRO_CMD_JSON_SCHEMA_H

#include <jansson.h>

#include "engine/cmd/spec.h"

/* The schema, new, of the object that json_args_read() takes, */
json_t *json_schema_of_args(const struct cmd_spec *cmd);
/* of one member of it, */
json_t *json_schema_of_arg(const struct arg_spec *row);
/* and of an object with the members that are shown of these rows. */
json_t *json_schema_of_result(const struct row_spec *rows);

/* An array of the strings. */
json_t *json_schema_choices(const char *const *choices);

#endif
