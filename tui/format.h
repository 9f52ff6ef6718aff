/* Numbers as people read them, in few columns. */
#ifndef PYRO_TUI_FORMAT_H
#define PYRO_TUI_FORMAT_H

#include <stdint.h>

struct short_text {
    char text[24];
};

/* "512 B", "3.4M", "120M", "1.2G": at most 5 columns. */
const char *format_size(struct short_text *space, uint64_t bytes);
/* The largest unit: "42s", "7m", "3h", "12d"; "" for a time that is not known. */
const char *format_age(struct short_text *space, double since, double now);
/* "12 %", for shares of one processor; "" below 0. */
const char *format_cpu(struct short_text *space, double share);
/* The command line of a program without the path before its name; "" for NULL. Borrowed. */
const char *format_program(const char *command);
struct bars_place {
    int width, height, level;
};
/*
 * A row of bars for the last of the samples (percent), place.width columns, blanks before the
 * first. Of a graph that is place.height rows high it is row place.level, 0 the lowest.
 */
void format_bars(char *ret, size_t size, const uint8_t *samples, int count,
                 struct bars_place place);
/* Local time, "2026-05-01 14:05"; "" for one beyond the year 9999, or before the year 1. */
const char *format_date(struct short_text *space, double when);
/* Local time of day, "14:05:09". */
const char *format_clock(struct short_text *space, double when);

#endif
