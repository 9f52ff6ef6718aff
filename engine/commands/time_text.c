/* engine/commands/time_text.c: times, ages and epoch seconds. */
#include "engine/commands/time_text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vmm/base/fs.h"

/* Seconds of the unit a number ends in; 0: it is none. */
static double unit_of(const char *end)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = { { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };

    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (!strcmp(end, units[i].name))
            return units[i].seconds;
    return 0;
}

static bool parse_date(const char *text, double *ret)
{
    static const char *const formats[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d" };

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        struct tm tm = { .tm_isdst = -1 };
        const char *end = strptime(text, formats[i], &tm);
        bool utc = end && !strcmp(end, "Z");
        if (!end || (*end && !utc))
            continue;
        *ret = (double)(utc ? timegm(&tm) : mktime(&tm));
        return *ret >= 0;
    }
    return false;
}

bool time_text_parse(const char *text, double *ret, struct pyro_error *err)
{
    char *end;
    double n = strtod(text, &end), unit = unit_of(end);
    bool number = end != text && strspn(text, "0123456789.") == (size_t)(end - text);

    if (number && !*end) {
        *ret = n;
        return true;
    }
    if (number && unit > 0) {
        *ret = clock_wall() - n * unit;
        return true;
    }
    return parse_date(text, ret) ||
           pyro_fail(err, PYRO_INVALID_ARGUMENT, "'%s' is not " TIME_TEXT_HELP, text);
}

bool check_time_text(const char *text, struct pyro_error *err)
{
    double ignored;

    return time_text_parse(text, &ignored, err);
}
