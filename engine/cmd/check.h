/*
 * Holds commands to their declarations while tests run. With PYRO_CHECK_RESULTS=1 every result is
 * compared with its rows, and a difference aborts; with PYRO_CHECK_COVERAGE=FILE the command's path
 * is appended to that file, so that a command that no test runs is found.
 */
#ifndef PYRO_CMD_CHECK_H
#define PYRO_CMD_CHECK_H

#include "engine/cmd/spec.h"

/* Whether result has exactly the members the rows declare, of their types; else ret says what
 * differs. */
bool check_result(const struct row_spec *rows, const json_t *result,
                  struct pyro_error *ret) MUST_CHECK;
/* Does what the environment asks for, after a command has succeeded. NULL: the result is not one that
 * is declared. */
void check_command_result(const struct cmd_spec *cmd, const json_t *result);

/* The name rule for workspaces, snapshots, services and label keys, as an arg_spec.check. */
bool check_name(const char *value, struct pyro_error *err);
/* KEY=VALUE of a label. */
bool check_label(const char *value, struct pyro_error *err);

#endif
