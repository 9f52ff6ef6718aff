/*
 * Names resolved in a process of its own: the C library's resolver opens files and loads modules,
 * which the one that talks to registries may not. Started before that one gives up its rights.
 */
#ifndef PYRO_FETCH_RESOLVER_H
#define PYRO_FETCH_RESOLVER_H

#include <stdint.h>

#include "vmm/base/error.h"

#define RESOLVER_ANSWER_MAX 1024

/* Starts it; it ends with this process, or when the returned socket is closed. -1 on failure. */
int resolver_start(struct pyro_error *err) MUST_CHECK;
/* The addresses of a host as text, with commas between. Blocks, at most limit_ms. */
bool resolver_ask(int fd, const char *host, int64_t limit_ms, char ret[RESOLVER_ANSWER_MAX],
                  struct pyro_error *err) MUST_CHECK;

#endif
