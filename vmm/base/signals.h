/*
 * Signals that were ignored when the program started stay ignored: nohup(1), and a shell that
 * starts a job in the background, ask for that. loop_signals() does so by itself; handlers are set
 * with signals_catch().
 */
#ifndef PYRO_SIGNALS_H
#define PYRO_SIGNALS_H

#include <signal.h>
#include <stddef.h>

/* Takes those that are ignored out of the set. */
void signals_drop_ignored(sigset_t *set);
/* sigaction(2) for each of them that is not ignored. */
void signals_catch(const int *numbers, size_t count, const struct sigaction *action);

/* The number of "TERM", "SIGTERM", "15", "RTMIN" or "RTMIN+3", as an image's configuration may have it; 0:
 * there is no such signal. */
int signals_number(const char *name);

#endif
