/* Changing the name and labels of a workspace, and acknowledging its news. */
#ifndef PYRO_RECORD_CHANGE_H
#define PYRO_RECORD_CHANGE_H

#include "engine/state/record.h"

/* Applies {name?: string or null, labels?: {…}, clear_labels?: […], acknowledge?: [as news.h has
 * them]} to a record, all or nothing. The first three are activity. */
bool workspace_apply_change(struct workspace_record *r, const json_t *change,
                            struct pyro_error *err) MUST_CHECK;

#endif
