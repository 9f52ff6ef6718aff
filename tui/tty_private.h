/* Shared by the files behind tty.h. */
#ifndef PYRO_TUI_TTY_PRIVATE_H
#define PYRO_TUI_TTY_PRIVATE_H

/* A compiled terminfo entry called "pyro-direct", for $TERMINFO. */
extern const char tty_direct_terminfo[];

#endif
