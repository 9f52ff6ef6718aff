/* A command as a request describes it: arguments, environment, working directory, checked. */
#ifndef PYRO_GUEST_COMMAND_H
#define PYRO_GUEST_COMMAND_H

#include "guest/guest.h"
#include "guest/users.h"
#include "vmm/base/command_request.h"

struct command {
    char **vector; /* a spare place, then the arguments and NULL; the strings are borrowed */
    char **env;    /* owned, strings too */
    char *cwd;     /* owned */
    const char *search_path;    /* PATH in env */
    struct guest_user *user;    /* owned; NULL: root */
    const json_t *secret_files; /* names of those that become the user's; borrowed, NULL: none */
};

/* Parses the command of a request; borrows from it. */
bool command_parse(struct command *ret, const struct guest *g,
                   const struct command_request *request, struct pyro_error *err) MUST_CHECK;
/* This program, with these arguments (borrowed, up to a NULL), in the root directory. */
bool command_of_self(struct command *ret, const char *const *arguments,
                     struct pyro_error *err) MUST_CHECK;
/* Sets a variable of its environment, for the few that are not in a request; false: out of
 * memory. */
bool command_set_variable(struct command *c, const char *name, const char *value) MUST_CHECK;
/* Its value, borrowed; NULL if not set. */
const char *command_variable(const struct command *c, const char *name);
/* A path of the guest, absolute; on a host /workspace is the given directory. The caller frees;
 * NULL: out of memory. */
char *command_path(const struct guest *g, const char *path);
void command_release(struct command *c);

#endif
