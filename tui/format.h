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
/* Local time of day, "14:05:09". */
const char *format_clock(struct short_text *space, double when);

#endif
