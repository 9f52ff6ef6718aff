/* tui/format.c: numbers as people read them. */
#include "tui/format.h"

#include <stdio.h>
#include <time.h>

#include "vmm/base/cleanup.h"

const char *format_size(struct short_text *space, uint64_t bytes)
{
    static const char units[] = "BKMGTP";
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 999.5 && unit + 1 < sizeof(units) - 1)
        value /= 1024, unit++;
    if (unit == 0 || value >= 9.95)
        snprintf(space->text, sizeof(space->text), "%.0f%c", value, units[unit]);
    else
        snprintf(space->text, sizeof(space->text), "%.1f%c", value, units[unit]);
    return space->text;
}

const char *format_age(struct short_text *space, double since, double now)
{
    static const struct {
        double seconds;
        char unit;
    } units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
    double age = now - since;

    space->text[0] = '\0';
    if (since <= 0)
        return space->text;
    if (age < 0)
        age = 0;
    if (age > 1e9)
        age = 1e9;
    for (size_t i = 0; i < ARRAY_SIZE(units); i++)
        if (age >= units[i].seconds || i + 1 == ARRAY_SIZE(units)) {
            snprintf(space->text, sizeof(space->text), "%d%c", (int)(age / units[i].seconds),
                     units[i].unit);
            break;
        }
    return space->text;
}

const char *format_cpu(struct short_text *space, double share)
{
    space->text[0] = '\0';
    if (share >= 0)
        snprintf(space->text, sizeof(space->text), "%.0f%%", share * 100);
    return space->text;
}

const char *format_clock(struct short_text *space, double when)
{
    time_t t = (time_t)when;
    struct tm tm;

    localtime_r(&t, &tm);
    strftime(space->text, sizeof(space->text), "%H:%M:%S", &tm);
    return space->text;
}

const char *format_date(struct short_text *space, double when)
{
    const double year_1 = -62135596800, year_9999 = 253402300799;
    struct tm tm;
    time_t t;

    space->text[0] = '\0';
    if (!(when >= year_1 && when <= year_9999))
        return space->text;
    t = (time_t)when;
    if (localtime_r(&t, &tm))
        strftime(space->text, sizeof(space->text), "%Y-%m-%d %H:%M", &tm);
    return space->text;
}

const char *format_program(const char *command)
{
    const char *name = command ? command : "";

    for (const char *at = name; *at && *at != ' '; at++)
        if (*at == '/' && at[1] && at[1] != ' ')
            name = at + 1;
    return name;
}

void format_bars(char *ret, size_t size, const uint8_t *samples, int count, struct bars_place place)
{
    static const char *const eighths[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    size_t used = 0;

    ret[0] = '\0';
    for (int i = count - place.width; i < count && used < size; i++) {
        int filled = i < 0 ? 0 : (samples[i] * 8 * place.height + 99) / 100 - 8 * place.level;
        /* What is used at all can be seen. */
        if (i >= 0 && !place.level && filled < 1)
            filled = 1;
        used += (size_t)snprintf(ret + used, size - used, "%s",
                                 eighths[filled < 0   ? 0
                                         : filled > 8 ? 8
                                                      : filled]);
    }
}
