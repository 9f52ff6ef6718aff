/* vmm/base/signals.c: signal handling that leaves ignored signals alone. */
#include "vmm/base/signals.h"

#include <stdbool.h>

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
