/* Whether the host is short of memory: what is only there to save time is given up then. */
#ifndef PYRO_SHORTAGE_H
#define PYRO_SHORTAGE_H

#include <stdbool.h>

/* Little of it is available, or processes have waited for it (/proc/pressure) for more than a tenth
 * of the last ten seconds. */
bool memory_is_short(void);

#endif
