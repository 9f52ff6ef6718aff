/* The secrets of the workspace, as commands find them: files below SECRETS_PATH. */
#ifndef PYRO_GUEST_SECRETS_H
#define PYRO_GUEST_SECRETS_H

#include "guest/guest.h"

#define SECRETS_PATH "/run/pyro-secrets"

/* Writes {NAME: value} (NULL or empty: nothing) into a tmpfs of its own; may come twice. */
bool secrets_write(const json_t *values, struct pyro_error *err) MUST_CHECK;
/* The files of these (an array of names; NULL: none) become a user's, who may then read them and none of
 * the others. */
void secrets_hand_over(const json_t *names, uid_t uid);
/* Removes those that {NAME: value} does not name: an earlier machine's. */
void secrets_forget_others(const json_t *values);

#endif
