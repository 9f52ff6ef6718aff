/* tui/log.c: a ring of lines. */
#include "tui/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "vmm/base/fs.h"

static struct log_line lines[LOG_LINES];
static size_t total;

void log_add(enum role role, const char *fmt, ...)
{
    struct log_line *line = &lines[total % LOG_LINES];
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    free(line->text);
    *line = (struct log_line){ clock_wall(), role, str_printf("%s", text) };
    total++;
}

size_t log_count(void)
{
    return total < LOG_LINES ? total : LOG_LINES;
}

const struct log_line *log_at(size_t i)
{
    return &lines[(total < LOG_LINES ? i : total + i) % LOG_LINES];
}

void log_release(void)
{
    for (size_t i = 0; i < LOG_LINES; i++) {
        free(lines[i].text);
        lines[i].text = NULL;
    }
    total = 0;
}
