/* vmm/base/signals.c: signal handling that leaves ignored signals alone, and the names of signals. */
#include "vmm/base/signals.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_ignored(int number)
{
    struct sigaction now;

    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

void signals_drop_ignored(sigset_t *set)
{
    for (int number = 1; number < NSIG; number++)
        if (sigismember(set, number) == 1 && is_ignored(number))
            sigdelset(set, number);
}

void signals_catch(const int *numbers, size_t count, const struct sigaction *action)
{
    for (size_t i = 0; i < count; i++)
        if (!is_ignored(numbers[i]))
            sigaction(numbers[i], action, NULL);
}

/* "RTMIN+3" and "RTMAX-3". */
static int real_time_number(const char *name)
{
    int n = !strncmp(name, "RTMIN", 5) ? SIGRTMIN : !strncmp(name, "RTMAX", 5) ? SIGRTMAX : 0;
    const char *more = name + 5;
    char *end;

    if (!n || !*more)
        return n;
    if (*more != (n == SIGRTMIN ? '+' : '-') || strspn(more + 1, "0123456789") > 2 || !more[1])
        return 0;
    n += (int)strtol(more, &end, 10);
    return !*end && n >= SIGRTMIN && n <= SIGRTMAX ? n : 0;
}

int signals_number(const char *name)
{
    if (strspn(name, "0123456789") == strlen(name) && strlen(name) <= 2) {
        int n = (int)strtol(name, NULL, 10);
        return n <= SIGRTMAX ? n : 0;
    }
    if (!strncmp(name, "SIG", 3))
        name += 3;
    for (int n = 1; n < SIGRTMIN; n++) {
        const char *known = sigabbrev_np(n);
        if (known && !strcmp(known, name))
            return n;
    }
    return real_time_number(name);
}
