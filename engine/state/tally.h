/*
 * tally.json: what happened on this host since it was first counted: how long starts took, whether
 * their templates were there, supervisors replaced. One small file for all workspaces, which no
 * supervisor needs: whatever is wrong with it, counting begins again.
 */
#ifndef PYRO_TALLY_H
#define PYRO_TALLY_H

#include "vmm/base/rows.h"

/* Upper bounds, in milliseconds, of how long starts took. */
#define TALLY_STARTS(X)                                                                            \
    X(100) X(200) X(300) X(500) X(1000) X(2000) X(5000) X(10000) X(30000) X(60000)
#define TALLY_FIELD_(MS) int64_t starts_##MS##_ms;

struct tally {
    TALLY_STARTS(TALLY_FIELD_) /* that took so long, and longer than the one before */
    int64_t starts_longer;
    double start_seconds; /* of all of them */
    int64_t template_hits, template_builds;
    int64_t supervisor_restarts;
};

/* The bounds, with where each is counted; ended by 0, which is the place of the longer ones. */
struct tally_bound {
    int ms;
    size_t offset;
};
extern const struct tally_bound tally_bounds[];

enum tally_template { TALLY_NO_TEMPLATE, TALLY_TEMPLATE_HIT, TALLY_TEMPLATE_BUILT };

/* All zero when there is none, or it is damaged. */
void tally_read(struct tally *ret);
void tally_start(int64_t took_ms, enum tally_template with);
void tally_supervisor_restart(void);

#endif
