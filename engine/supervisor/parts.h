/* What the supervisor consists of. */
#ifndef PYRO_SUPERVISOR_PARTS_H
#define PYRO_SUPERVISOR_PARTS_H

#include "engine/supervisor/supervisor.h"

extern const struct supervisor_part supervisor_parts[];

#endif
