/* Removing secrets from stored and printed data: JSON, errors, texts. A command's output is
 * redacted by engine/cmd/redaction.h, for all commands alike. */
#ifndef PYRO_SECRET_HIDE_H
#define PYRO_SECRET_HIDE_H

#include "vmm/base/json.h"
#include "vmm/base/redact.h"

/* A new string; `cut` as for redact_text(). The caller frees. */
char *hide_in_text(const struct redactor *r, const char *text, bool cut);
/* Every string in it (not the keys), in place; `j` may be NULL. */
void hide_in_json(const struct redactor *r, json_t *j);
/* The same of one string that goes on at its source: its end may begin a value. */
void hide_in_cut_string(const struct redactor *r, json_t *j);
/* A copy without them, new. */
json_t *hide_in_copy(const struct redactor *r, const json_t *j);
/* In place, in an array of that size. */
void hide_in_array(const struct redactor *r, char *text, size_t size);
void hide_in_error(const struct redactor *r, struct pyro_error *err);

#endif
