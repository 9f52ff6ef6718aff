/* Claiming a spare (engine/supervisor/spare.h) in place of making a machine. */
#ifndef PYRO_WORKSPACE_SPARE_CLAIM_H
#define PYRO_WORKSPACE_SPARE_CLAIM_H

#include "engine/environment/environment.h"
#include "engine/state/spare_wish.h"
#include "engine/state/store.h"
#include "engine/workspace/workspace.h"

/* The ids of spares that may fit, as store_each() finds them with STORE_SPARES. */
struct spares {
    const struct spare_wish *wish; /* NULL: none will do */
    char ids[SPARES_MAX][WORKSPACE_ID_LENGTH + 1];
    size_t count;
};
store_each_fn spare_claim_add; /* of a struct spares */

/* What a workspace of that spec would take. */
struct spare_wish spare_wish_of(const struct workspace_spec *spec);
/*
 * Makes one of them the workspace that `r` describes. *ret_claimed: there is a workspace, and r is
 * its record; else nothing has changed. PYRO_NAME_TAKEN.
 */
bool spare_claim(const struct store *store, const struct spares *spares,
                 const struct workspace_spec *spec, const struct environment *e,
                 struct workspace_record *r, bool *ret_claimed, struct pyro_error *err) MUST_CHECK;
/* A machine was made: the next is wished for, and where nobody else does it, `pyro __spare` is started
 * and left to itself. */
void spare_claim_made_one(const struct spare_wish *wish);

#endif
