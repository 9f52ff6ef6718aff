/*
 * The secrets of a command's workspace, kept out of all that the command says: its result, its
 * errors, its summaries and what it writes while it runs. cmd.c and io.c see to it for every
 * command whose table names a workspace; a command has no part in it, and no way round it.
 *
 * Stored data (logs, records, the history) was redacted by the supervisor when it came in.
 */
#ifndef PYRO_CMD_REDACTION_H
#define PYRO_CMD_REDACTION_H

#include <jansson.h>

#include "engine/cmd/spec.h"
#include "engine/secret/secrets.h"

struct redaction {
    struct redactor *redactor; /* NULL: nothing is secret */
};

/*
 * Of the workspace that the arguments name; nothing when the command takes none, or there is no
 * such workspace. Secrets that cannot be read are an error, but for CMD_REMOVES.
 */
bool redaction_open(struct redaction *r, const struct cmd_spec *cmd, const void *args,
                    struct pyro_error *err) MUST_CHECK;
/* Of a workspace that is being made. */
bool redaction_of_new(struct redaction *r, const struct secrets *secrets,
                      struct pyro_error *err) MUST_CHECK;
/* Of a fork of a workspace that is being made with these: of that one's as well. */
bool redaction_of_fork(struct redaction *r, const char *workspace, const struct secrets *given,
                       struct pyro_error *err) MUST_CHECK;
void redaction_release(struct redaction *r);

/*
 * In place: every text of a result but the closed lists and pyro's own ids, and the keys of maps.
 * A text with .cut_by, when that member is true, also loses an end that could begin a value.
 */
void redaction_result(const struct redaction *r, const struct row_spec *rows, json_t *result);
void redaction_error(const struct redaction *r, struct pyro_error *err);
/* A new string; NULL for NULL. */
char *redaction_text(const struct redaction *r, const char *text);

#endif
