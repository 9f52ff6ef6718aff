/*
 * Whether something needs a person's eye: the object {state, since, source {kind, id}, text} of a
 * shell and of its workspace, in records, JSON and events.
 */
#ifndef PYRO_ATTENTION_H
#define PYRO_ATTENTION_H

#include "vmm/base/json.h"
#include "vmm/base/rows.h"

/* In the order in which one of several is shown. */
enum attention_state {
    ATTENTION_NONE,
    ATTENTION_WAITS, /* a shell is at its prompt */
    ATTENTION_FINISHED,
    ATTENTION_FAILED,
    ATTENTION_ASKS /* a program waits at a terminal for input */
};
#define ATTENTION_STATES (ATTENTION_ASKS + 1)

extern const char *const attention_states[];
extern const struct row_spec attention_rows[];

/* `since` in epoch seconds, 0: not known; `text` foreign, NULL: none. New. */
json_t *attention_new(enum attention_state state, double since, const char *kind, const char *id,
                      const char *text) MUST_CHECK;
/* Whether n bytes are a kind of source. */
bool attention_kind_is_valid(const char *kind, size_t n);
/* From JSON of any source; NULL when it is none. New. */
json_t *attention_of(const json_t *j);
/* "exec 3: exit code 2: make", foreign text; new. NULL: "". */
char *attention_text(const json_t *attention);
/* How many run. */
struct running {
    int64_t commands, services, shells;
};
enum activity { ACTIVITY_NONE, ACTIVITY_WAITS, ACTIVITY_RUNS };
/*
 * What goes on where nobody is needed: a command runs; or a shell is at its prompt, and waits; or
 * all shells run a program, or a service runs.
 */
enum activity attention_activity(enum attention_state state, const struct running *r);
/* In one word, the same in every table: asks, failed or finished, whatever else there is; runs; waits;
 * else `none`. */
const char *attention_word(enum attention_state state, const struct running *r, const char *none);
/* ATTENTION_NONE also for NULL. */
enum attention_state attention_state_of(const json_t *attention);

#endif
