/*
 * From the words of a command line to a command and its filled struct. Options may appear anywhere
 * before "--"; --flag=value and --flag value mean the same.
 */
#ifndef PYRO_CMD_ARGV_H
#define PYRO_CMD_ARGV_H

#include "engine/cmd/spec.h"

struct cmd_line {
    const struct cmd_spec *cmd;    /* what to run or to help with; NULL: a group or pyro itself */
    const struct cmd_group *group; /* when cmd is NULL; NULL: pyro itself */
    const struct cmd_topic *topic; /* what `pyro help` was asked for, when it is not a command */
    bool json, help, version;
    _Alignas(16) char args[CMD_ARGS_SIZE_MAX]; /* the command's struct */
};

/*
 * Parses argv[1] and on. Fails with PYRO_USAGE or PYRO_INVALID_ARGUMENT; ret is filled as far as
 * the words were understood (json always), so that the error comes in the right form. Strings
 * are borrowed from argv. Release it in either case.
 */
bool cmd_line_parse(struct cmd_line *ret, int argc, const char *const *argv,
                    struct pyro_error *err) MUST_CHECK;
void cmd_line_release(struct cmd_line *line);

/* The row of a command whose flag is called this (n bytes, no dashes); NULL when there is none. */
const struct arg_spec *cmd_flag(const struct cmd_spec *cmd, const char *name, size_t n);
/* The index-th positional row; NULL past the last. */
const struct arg_spec *cmd_positional(const struct cmd_spec *cmd, unsigned index);
/* The row for the words after "--"; NULL when it takes no command. */
const struct arg_spec *cmd_command_row(const struct cmd_spec *cmd);

#endif
