/* A workspace found by reference: where every command begins. */
#ifndef PYRO_HANDLE_H
#define PYRO_HANDLE_H

#include "engine/state/record.h"
#include "engine/state/store.h"

struct workspace_handle {
    struct store store;
    int dir_fd;
    char id[WORKSPACE_ID_LENGTH + 1];
};
#define WORKSPACE_HANDLE_INIT { .store = { .fd = -1 }, .dir_fd = -1 }
bool workspace_open(const char *ref, struct workspace_handle *ret,
                    struct pyro_error *err) MUST_CHECK;
/* The same by the exact id of one that this process has created, whether others see it or not. */
bool workspace_open_made(const char *id, struct workspace_handle *ret,
                         struct pyro_error *err) MUST_CHECK;
/* The ids that `count` references mean, an array; NULL in *ret when there are none. */
bool workspace_find_ids(const char *const *refs, size_t count, json_t **ret,
                        struct pyro_error *err) MUST_CHECK;
void workspace_close(struct workspace_handle *w);
/* The constant "guest_vm" or "host_compat"; NULL: its record is not to be had. */
const char *workspace_execution_mode(const struct workspace_handle *w,
                                     struct pyro_error *err) MUST_CHECK;
#define scoped_workspace __attribute__((cleanup(workspace_close)))

#endif
