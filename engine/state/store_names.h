/*
 * workspaces/.names: which workspace had which name when all were last read, so that a name among
 * thousands is not looked for in each record. It may be missing, outdated or damaged: what it says
 * holds only if the record says the same.
 */
#ifndef PYRO_STORE_NAMES_H
#define PYRO_STORE_NAMES_H

#include "engine/state/record.h"

/* From this many workspaces on it is worth a file. */
#define STORE_NAMES_MIN 256

/* The id that had this name; false: it is not known. */
bool store_names_find(int store_fd, const char *name,
                      char ret_id[WORKSPACE_ID_LENGTH + 1]) MUST_CHECK;

/* The file as it is made: one call for each workspace, and then it is put in place. */
struct store_names {
    struct buf text;
    size_t count;
};
void store_names_begin(struct store_names *n);
void store_names_add(struct store_names *n, const struct workspace_record *r);
/* Releases it too. A failure is without harm. */
void store_names_finish(struct store_names *n, int store_fd);

#endif
