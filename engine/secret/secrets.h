/*
 * The secrets of a workspace: given once, when it is created, and kept until it is deleted.
 *
 * Their values are in secrets/NAME (0600, the directory 0700) of the workspace's directory and
 * nowhere else, those that a fork replaced in secrets-replaced/: what it went on from may still
 * print them. The record has names, and the supervisor reads the files when it hands them to the
 * guest or to a command. Never in argv, environment or a log of a process on the host.
 */
#ifndef PYRO_SECRETS_H
#define PYRO_SECRETS_H

#include "vmm/base/json.h"
#include "vmm/base/redact.h"

#define SECRETS_DIR "secrets"
#define SECRETS_MAX 64
#define SECRET_NAME_MAX 64
#define SECRET_BYTES_MAX (32 * 1024)   /* of one value */
#define SECRETS_BYTES_MAX (128 * 1024) /* of all together: they go to the guest in one request */

struct secret {
    char name[SECRET_NAME_MAX + 1];
    bool from_file;
    struct buf value; /* UTF-8 without NUL, not empty */
};

struct secrets {
    struct secret items[SECRETS_MAX];
    size_t count;
};
void secrets_release(struct secrets *s); /* wipes the values */
#define scoped_secrets __attribute__((cleanup(secrets_release))) struct secrets

/* ^[A-Za-z_][A-Za-z0-9_]{0,63}$. Errors of these never quote the input: it may be a value. */
bool secret_name_is_valid(const char *name, size_t n);
/* Each takes NAME=VALUE or NAME=PATH. */
bool secrets_add_literal(struct secrets *s, const char *spec, struct pyro_error *err) MUST_CHECK;
bool secrets_add_file(struct secrets *s, const char *spec, struct pyro_error *err) MUST_CHECK;

/* [{name, source_kind}] for the record, new. */
json_t *secrets_describe(const struct secrets *s);
/* The same from foreign JSON; NULL when there is none. New. */
json_t *secrets_described(const json_t *j);
/* Writes them into a workspace's directory. */
bool secrets_store(const struct secrets *s, int workspace_fd, struct pyro_error *err) MUST_CHECK;
/*
 * The secrets of a fork of the workspace in from_fd: those `given`, and of the rest what that one has.
 * ret_replaced: the values that it has or had beside them, which the fork must redact as well. Both
 * are to be released. PYRO_INVALID_ARGUMENT: there are too many of either.
 */
bool secrets_fork(const struct secrets *given, int from_fd, struct secrets *ret,
                  struct secrets *ret_replaced, struct pyro_error *err) MUST_CHECK;
/* Writes the latter into the fork's directory. */
bool secrets_store_replaced(const struct secrets *replaced, int workspace_fd,
                            struct pyro_error *err) MUST_CHECK;
/* All that exist; none is not an error. */
bool secrets_load(int workspace_fd, struct secrets *ret, struct pyro_error *err) MUST_CHECK;
/* {NAME: value}, of those in a record; a missing one is an error. New. */
json_t *secrets_to_json(const struct secrets *s, const json_t *described,
                        struct pyro_error *err) MUST_CHECK;
/*
 * The environment that {VARIABLE: NAME} asks for (NULL: nothing), put into `env`. A final newline,
 * which a file usually has, is not part of a variable. PYRO_SECRET_NOT_FOUND.
 */
bool secrets_set_env(const struct secrets *s, const json_t *wanted, json_t *env,
                     struct pyro_error *err) MUST_CHECK;
/* No value of {VARIABLE: value} (NULL: none) has a secret in it: they are stored and shown as they
 * are. PYRO_INVALID_ARGUMENT. */
bool secrets_check_env(const struct redactor *r, const json_t *env,
                       struct pyro_error *err) MUST_CHECK;
/* Adds NAME[=VARIABLE] to {VARIABLE: NAME}, which is made when *wanted is NULL; no variable can be
 * named twice. */
bool secrets_add_env(json_t **wanted, const char *item, struct pyro_error *err) MUST_CHECK;

/* The redactor of their values, without their final newlines; *ret NULL when there are none. */
bool secrets_redactor(const struct secrets *s, struct redactor **ret,
                      struct pyro_error *err) MUST_CHECK;
/* Of a fork: of both. */
bool secrets_redactor_of_both(const struct secrets *s, const struct secrets *replaced,
                              struct redactor **ret, struct pyro_error *err) MUST_CHECK;
/* The same, straight from a workspace's directory. */
bool secrets_redactor_of(int workspace_fd, struct redactor **ret,
                         struct pyro_error *err) MUST_CHECK;

#endif
