/* The one way to include ncurses: wide, and without the macros that clash with everyday names. */
#ifndef PYRO_TUI_CURSES_H
#define PYRO_TUI_CURSES_H

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#define NCURSES_ENABLE_STDBOOL_H 1

#include <stdbool.h>
#include <wchar.h>

#include <ncurses.h>

#endif
