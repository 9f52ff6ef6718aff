/*
 * Names of files as text. They are bytes, and text is UTF-8: a name that is not UTF-8 is put in "…"
 * with C escapes, as git writes it. In results and arguments all other names are as they are,
 * unless they begin with '"' themselves. So what is listed can be given back, byte for byte.
 */
#ifndef PYRO_FILE_NAME_H
#define PYRO_FILE_NAME_H

#include "vmm/base/buf.h"
#include "vmm/base/json.h"

/*
 * A name at the start of n bytes, new: in "…" with C escapes, or plain up to a tab or the end of
 * the line. *ret_used: how many bytes it took. NULL when there is none.
 */
char *name_unquote(const char *at, size_t n, size_t *ret_used);
/* Appends a name as git quotes it in a patch: plain ASCII, or in "…" with escapes. The prefix goes
 * inside. */
bool name_quote(struct buf *to, const char *prefix, const char *name) MUST_CHECK;

/* The path prefix + name for a result, new. */
json_t *name_to_json(const char *prefix, const char *name);
/* The name given by an argument, or by a string that name_to_json() made, new; NULL when it begins
 * with '"' and is not a quoted name. */
char *name_from_text(const char *text);
/* The same of a path that was given or asked for, with the reason when it is not one. */
char *name_given(const char *text, struct pyro_error *err) MUST_CHECK;
/*
 * Makes a path relative, in place, without ".", ".." and slashes that say nothing: "/a//b/../c/"
 * becomes "a/c". False when a ".." leads above where it begins: that one is taken to stay there.
 */
bool name_clean_path(char *path);

#endif
