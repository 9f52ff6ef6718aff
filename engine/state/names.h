/* Checks of names, labels and directories. */
#ifndef PYRO_NAMES_H
#define PYRO_NAMES_H

#include "vmm/base/json.h"

/* Names and labels: ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$; label values: printable UTF-8 of at most 256
 * bytes. */
bool workspace_check_name(const char *what, const char *name, struct pyro_error *err) MUST_CHECK;
bool workspace_check_label_value(const char *value, struct pyro_error *err) MUST_CHECK;

/* A directory to run in, as the guest gets it: absolute, as text (vmm/base/file_name.h), new. A
 * relative one is below /workspace, like all paths; NULL or "" is /workspace itself. NULL with the
 * reason when it is not a name. */
char *workspace_cwd(const char *given, struct pyro_error *err) MUST_CHECK;

#endif
