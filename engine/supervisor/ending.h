/* Why a machine has ended, for its record and for those whose requests that has broken. */
#ifndef PYRO_SUPERVISOR_ENDING_H
#define PYRO_SUPERVISOR_ENDING_H

#include "engine/supervisor/supervisor.h"

/* Of one that has ended: s->end_reason, unless it was ended for a reason. */
void ending_describe(struct supervisor *s);
/* An error that came of the machine's end says that instead; waits a moment for it, where a connection
 * broke. */
void ending_explain(struct supervisor *s, struct pyro_error *err);

#endif
