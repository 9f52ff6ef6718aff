/* engine/fetch/report.c: lines of JSON, each in one write. */
#include "engine/fetch/report.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "vmm/base/fs.h"

bool report_line(json_t *object)
{
    scoped_json json_t *taken = object;
    scoped_free char *text = taken ? json_compact(taken) : NULL;
    scoped_free char *line = text ? str_printf("%s\n", text) : NULL;

    return line && fs_write_all(STDOUT_FILENO, line, strlen(line), NULL);
}

static void __attribute__((format(printf, 2, 0))) say(const char *name, const char *fmt,
                                                      va_list args)
{
    char text[1024];

    vsnprintf(text, sizeof(text), fmt, args);
    report_line(json_pack("{s:o}", name, json_string_lossy(text, strlen(text))));
}

void report_note(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say("note", fmt, args);
    va_end(args);
}

void report_doing(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    say("doing", fmt, args);
    va_end(args);
}
