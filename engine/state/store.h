/*
 * The directory of workspaces: finding, locking, making, removing and sweeping.
 *
 *   workspaces/.lock      held while names are compared and directories appear
 *   workspaces/.names     of many: the id of each name (store_names.h)
 *   workspaces/ID/lock    held by the supervisor, or by the command that changes a stopped workspace
 *   workspaces/ID/run/    sockets of the supervisor and QEMU
 *   workspaces/.gone-ID/  renamed away to be removed
 *
 * A process that dies leaves its lock free: a directory without a record, one still "created", one
 * of a `run`, or a .gone- name, whose lock is free, is debris, and the next command sweeps it, QEMU
 * included.
 */
#ifndef PYRO_STORE_H
#define PYRO_STORE_H

#include "engine/state/record.h"

struct store {
    int fd; /* the workspaces directory */
    char *path;
};

bool store_open(struct store *ret, struct pyro_error *err) MUST_CHECK;
void store_release(struct store *store);
#define scoped_store __attribute__((cleanup(store_release)))

/* The id that a reference means, into ret_id. */
bool store_resolve(const struct store *store, const char *ref, char ret_id[WORKSPACE_ID_LENGTH + 1],
                   struct pyro_error *err) MUST_CHECK;
/* Opens a workspace's directory; -1 with PYRO_WORKSPACE_NOT_FOUND. */
int store_open_workspace(const struct store *store, const char *id,
                         struct pyro_error *err) MUST_CHECK;
enum store_each_flags {
    STORE_BRIEF = 1 << 0,     /* only the brief members of each record (record_load_brief()) */
    STORE_EPHEMERAL = 1 << 1, /* also the machines of `run` */
    STORE_SPARES = 1 << 3,    /* also spares */
    STORE_SWEEP = 1 << 2      /* afterwards removes the debris that was seen */
};
/* Calls fn for every workspace that users see (no debris, no `run`); fn must not keep the
 * record. */
typedef void store_each_fn(void *arg, const struct workspace_record *r);
bool store_each(const struct store *store, unsigned flags, store_each_fn *fn, void *arg,
                struct pyro_error *err) MUST_CHECK;
/* Refuses a name that another workspace has, or that is another's id. Hold the store's lock. */
bool store_check_name_free(const struct store *store, const char *name, const char *own_id,
                           struct pyro_error *err) MUST_CHECK;
/* The store's lock; -1 on failure. */
int store_lock(const struct store *store, struct pyro_error *err) MUST_CHECK;
/*
 * Makes the directory of r->id with its record (state created) and takes its lock, in one step as
 * seen by others. Returns the directory and the lock.
 */
bool store_make(const struct store *store, const struct workspace_record *r, int *ret_dir_fd,
                int *ret_lock_fd, struct pyro_error *err) MUST_CHECK;
/* Removes a workspace whose lock the caller holds. */
bool store_remove(const struct store *store, const char *id, struct pyro_error *err) MUST_CHECK;
/* Removes debris. Failures are left to the next sweep. */
void store_sweep(const struct store *store);
/* Whether the workspace's lock is held: it has a supervisor, or a command is changing it. */
bool store_is_held(int dirfd);

#endif
