/*
 * Recorded output on its way to a real terminal once more: what draws and what sets modes is kept,
 * what would make the terminal answer (status reports, attributes, colours asked for) is left out,
 * for the answers would be typed into the shell.
 */
#ifndef PYRO_TERM_REPLAY_H
#define PYRO_TERM_REPLAY_H

#include "vmm/base/buf.h"

/* Appends the replay of n bytes to `ret`; false when that is full. An unfinished sequence at the
 * end is dropped. */
bool term_replay(const char *bytes, size_t n, struct buf *ret) MUST_CHECK;

#endif
