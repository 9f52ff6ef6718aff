/* engine/client/caller.c: who calls this program's commands. */
#include "engine/client/caller.h"

#include <stdlib.h>

#include "engine/state/timeline.h"

static const char *caller;

void caller_set(const char *who)
{
    caller = who;
}

const char *caller_name(void)
{
    if (!caller)
        caller = timeline_caller(getenv(CALLER_VARIABLE));
    return caller ? caller : CALLER_CLI;
}
