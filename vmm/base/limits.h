/*
 * The limit of open files. pyro's own processes raise it as far as they may; programs they start
 * for the user get back the original limit (programs that use select(2) count on the usual 1024).
 */
#ifndef PYRO_LIMITS_H
#define PYRO_LIMITS_H

/* Raises the soft limit to the hard one, and remembers the old one. */
void files_raise(void);
/* Sets the limit from before files_raise(), if there was one. Async-signal-safe, for a child before
 * its exec. */
void files_restore(void);

#endif
