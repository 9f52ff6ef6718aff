/* guest/guest.c: the console's lines. */
#include "guest/guest.h"

#include <stdarg.h>
#include <stdio.h>

void guest_log(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    fputs("pyro-guest: ", stderr);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
}
