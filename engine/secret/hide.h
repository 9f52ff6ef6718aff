/* Taking secrets out of what is stored and printed: JSON, errors, texts. */
#ifndef PYRO_SECRET_HIDE_H
#define PYRO_SECRET_HIDE_H

#include "vmm/base/json.h"
#include "vmm/base/redact.h"

/* A new string; `cut` as for redact_text(). The caller frees. */
char *hide_in_text(const struct redactor *r, const char *text, bool cut);
/* Every string in it (not the keys), in place; `j` may be NULL. */
void hide_in_json(const struct redactor *r, json_t *j);
/* A copy without them, new. */
json_t *hide_in_copy(const struct redactor *r, const json_t *j);
/* In place, in an array of that size. */
void hide_in_array(const struct redactor *r, char *text, size_t size);
void hide_in_error(const struct redactor *r, struct pyro_error *err);

/*
 * The end of a request about a workspace whose answer comes from its guest or its disk: takes its
 * secrets out of the result (stolen, returned) or, when that is NULL, out of the error. The
 * `content` of a result that is `truncated` may end inside a value. When the secrets cannot be read
 * there is no result.
 */
json_t *hide_secrets(int workspace_fd, json_t *result, struct pyro_error *err);

#endif
