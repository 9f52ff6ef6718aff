/*
 * The summary line of a command, "[name] key=value key=value …", from its result. What a command
 * tells is one text in its declaration (`told` in spec.h): the line's name, then members of the
 * result in the order of the line. A null one is left out; "member?" also while it is false or 0;
 * "object.member" is a member of a member, "key=member" one that is told under another name.
 */
#ifndef PYRO_CMD_SUMMARY_H
#define PYRO_CMD_SUMMARY_H

#include "engine/cmd/io.h"
#include "engine/cmd/spec.h"

#define SUMMARY_MEMBERS_MAX 16

struct summary {
    const char *name;
    struct summary_item items[SUMMARY_MEMBERS_MAX + 1];
    /* The text these point to, beside the result's own strings. */
    char told[512];
    struct number_text numbers[SUMMARY_MEMBERS_MAX];
};

/* Borrows from the result. */
void summary_of(struct summary *ret, const struct cmd_spec *cmd, const json_t *result);
/* On standard error; nothing with --json. */
void summary_tell(struct cmd_io *io, const struct cmd_spec *cmd, const json_t *result);
/* On standard output, where it is the answer itself. */
void summary_answer(FILE *out, const struct cmd_spec *cmd, const json_t *result);

#endif
