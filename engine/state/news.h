/*
 * News of a workspace: what has ended and nobody has acknowledged yet, in its record. An object
 * {SLOT: attention}; a slot holds the newest of its kind:
 *
 *   vm            the machine died; until it is started again
 *   exec          a command whose caller was told: that it failed; until another one succeeds
 *   detached      a command that nobody waited for: how it ended; until another one ends
 *   shell:ID      the shell ended with an error, or what ran in it for a minute has ended; until
 *                 something else runs in it
 *   service:NAME  the service ended by itself; until it is started again
 */
#ifndef PYRO_NEWS_H
#define PYRO_NEWS_H

#include "engine/state/attention.h"

#define NEWS_VM "vm"
#define NEWS_EXEC "exec"
#define NEWS_DETACHED "detached"
#define NEWS_SHELL "shell" /* these with an id: news_slot() */
#define NEWS_SERVICE "service"
#define NEWS_SLOT_MAX 96
#define NEWS_ALL "all"

/* Into ret, of NEWS_SLOT_MAX; returns it. */
const char *news_slot(const char *kind, const char *id, char *ret);
/* *news may be NULL. `attention` is taken. Of too many the oldest is dropped. */
void news_add(json_t **news, const char *slot, json_t *attention);
/* Whether there was such news. *news becomes NULL with the last. */
bool news_drop(json_t **news, const char *slot);
/*
 * Acknowledges by source: "vm", "exec", "shell", "service" (all of that kind), "KIND:ID", "all".
 * What is not there needs no acknowledging; false when `source` is none of these.
 */
bool news_acknowledge(json_t **news, const char *source, struct pyro_error *err) MUST_CHECK;
bool news_check_source(const char *source, struct pyro_error *err) MUST_CHECK;
/* Whether a source that is acknowledged means this one. */
bool news_source_covers(const char *source, const char *kind, const char *id);
/* The most urgent, and of several the newest; NULL: none. Borrowed. */
json_t *news_top(const json_t *news);
/* From JSON of any source: what is valid of it; NULL when nothing is. New. */
json_t *news_of(const json_t *j);

#endif
