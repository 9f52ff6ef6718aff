/* vmm/base/limits.c: the limit of open files, raised and given back. */
#include "vmm/base/limits.h"

#include <stdbool.h>
#include <sys/resource.h>

static struct rlimit before;
static bool raised;

void files_raise(void)
{
    struct rlimit most;

    if (raised || getrlimit(RLIMIT_NOFILE, &before) != 0)
        return;
    most = (struct rlimit){ .rlim_cur = before.rlim_max, .rlim_max = before.rlim_max };
    raised = setrlimit(RLIMIT_NOFILE, &most) == 0;
}

void files_restore(void)
{
    if (raised)
        setrlimit(RLIMIT_NOFILE, &before);
}
