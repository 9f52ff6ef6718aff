/* Changing the name, labels and variables of a workspace, and acknowledging its news. */
#ifndef PYRO_RECORD_CHANGE_H
#define PYRO_RECORD_CHANGE_H

#include "engine/state/record.h"

#define SUSPEND_AFTER_IDLE_MIN 60
/* Whether a workspace can have that: so many seconds, or 0 for never. */
bool workspace_check_suspend_after_idle(int64_t seconds, struct pyro_error *err) MUST_CHECK;

/* Applies {name?: string or null, labels?: {…}, clear_labels?: […], env?: {NAME: value},
 * suspend_after_idle?: seconds, acknowledge?: [as news.h has them]} to a record, all or nothing. All but the last are activity. */
bool workspace_apply_change(struct workspace_record *r, const json_t *change,
                            struct pyro_error *err) MUST_CHECK;

#endif
