/* vmm/base/patience.c: the limits of waiting, scaled for tests. */
#include "vmm/base/patience.h"

#include <stdlib.h>

#include "vmm/base/fs.h"

#define FACTOR_MIN 0.01
#define FACTOR_MAX 1000.0

static double factor(const char *variable)
{
    const char *text = getenv(variable);
    char *end;
    double f = text ? strtod(text, &end) : 1;

    return text && (end == text || *end || !(f >= FACTOR_MIN && f <= FACTOR_MAX)) ? 1 : f;
}

static int64_t scale(int64_t limit, const char *variable)
{
    int64_t scaled = (int64_t)((double)limit * factor(variable));

    return limit > 0 && scaled < 1 ? 1 : scaled;
}

int64_t patience(int64_t limit)
{
    return scale(limit, "PYRO_CHECK_PATIENCE");
}

int64_t quiet_time(int64_t ms)
{
    return scale(ms, "PYRO_CHECK_QUIET");
}

int64_t patience_until(int64_t limit_ms)
{
    return clock_ms() + patience(limit_ms);
}
