/* tui/pager_time.c: between times as `shell read --times` writes them and an operator's clock. */
#include "tui/pager_time.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/shell/shell_times.h"
#include "vmm/base/error.h"

#define HEAD_FORMAT "%Y-%m-%dT%H:%M:%SZ"
#define DAY_SECONDS 86400

static bool read_head(const char *head, time_t *ret)
{
    char text[SHELL_TIME_BYTES] = "";
    struct tm tm = { 0 };
    const char *end;

    memcpy(text, head, SHELL_TIME_BYTES - 1);
    end = strptime(text, HEAD_FORMAT, &tm);
    if (!end || *end || head[SHELL_TIME_BYTES - 1] != ' ')
        return false;
    *ret = timegm(&tm);
    return true;
}

const char *pager_time_show(struct short_text *space, const char *head, bool dated)
{
    time_t time;
    struct tm tm;

    if (!head || !read_head(head, &time) || !localtime_r(&time, &tm) ||
        !strftime(space->text, sizeof(space->text), dated ? "%m-%d %H:%M:%S" : "%H:%M:%S", &tm))
        return "";
    return space->text;
}

bool pager_time_is_older_day(const char *head, double now)
{
    time_t time, today = (time_t)now;
    struct tm a, b;

    return head && read_head(head, &time) && localtime_r(&time, &a) && localtime_r(&today, &b) &&
           (a.tm_yday != b.tm_yday || a.tm_year != b.tm_year);
}

/* "90s", "10m", "2h", "3d". */
static bool read_age(const char *text, double now, time_t *ret)
{
    static const struct {
        char unit;
        int seconds;
    } units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', DAY_SECONDS } };
    size_t digits = strspn(text, "0123456789");

    if (!digits || digits > 9 || strlen(text) != digits + 1)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (text[digits] == units[i].unit) {
            *ret = (time_t)(now - strtod(text, NULL) * units[i].seconds);
            return true;
        }
    return false;
}

/* A time of day is today's, or yesterday's if that is still to come. */
static bool read_clock(const char *text, double now, time_t *ret)
{
    static const char *const formats[] = { "%H:%M", "%H:%M:%S" };
    time_t today = (time_t)now;

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        struct tm tm;
        const char *end;
        if (!localtime_r(&today, &tm))
            return false;
        tm.tm_sec = 0;
        tm.tm_isdst = -1;
        end = strptime(text, formats[i], &tm);
        if (!end || *end)
            continue;
        *ret = mktime(&tm);
        if (*ret > today) {
            tm.tm_mday--;
            tm.tm_isdst = -1;
            *ret = mktime(&tm);
        }
        return true;
    }
    return false;
}

static bool read_date(const char *text, time_t *ret)
{
    static const char *const formats[] = { "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d" };

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        struct tm tm = { .tm_isdst = -1 };
        const char *end = strptime(text, formats[i], &tm);
        if (end && !*end) {
            *ret = mktime(&tm);
            return true;
        }
    }
    return false;
}

static bool read_time(const char *text, double now, time_t *ret)
{
    return read_age(text, now, ret) || read_clock(text, now, ret) || read_date(text, ret);
}

bool pager_time_read(const char *text, double now, double *ret)
{
    time_t time;

    if (!read_time(text, now, &time))
        return false;
    *ret = (double)time;
    return true;
}

bool pager_time_since(const char *text, double now, char *ret)
{
    time_t time;
    struct tm tm;

    return read_time(text, now, &time) && gmtime_r(&time, &tm) &&
           strftime(ret, SHELL_TIME_BYTES, HEAD_FORMAT, &tm) > 0;
}

bool pager_time_is_since(const char *line, size_t n UNUSED, const char *since)
{
    const char *head = line - SHELL_TIME_BYTES;
    time_t time;

    return memcmp(head, since, SHELL_TIME_BYTES - 1) >= 0 && read_head(head, &time);
}
