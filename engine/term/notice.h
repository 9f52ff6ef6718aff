/*
 * Notifications that a program prints for the person at its terminal: a bell, and texts in OSC 9
 * (iTerm2), OSC 777;notify (urxvt) and OSC 99 (kitty). Of OSC 9 the numbered commands of ConEmu
 * (progress and others) are none; of OSC 99 only titles are taken.
 */
#ifndef PYRO_TERM_NOTICE_H
#define PYRO_TERM_NOTICE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a control string of vtparse is one; its text, foreign as it is, goes into ret, ended by a
 * NUL and cut at `size` bytes. */
bool notice_of_string(char kind, const char *s, size_t n, char *ret, size_t size);

#endif
