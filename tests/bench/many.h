/* A home full of workspaces, of which some run: no machine, but the bench holds their locks. */
#ifndef PYRO_BENCH_MANY_H
#define PYRO_BENCH_MANY_H

#include "tests/bench/bench.h"
#include "tests/records/write.h"

struct many {
    char *home, *before; /* the data directory of this row, and of the bench */
    struct records records;
};

/* End it in any case: the rows that follow have the bench's own home again. */
bool many_begin(struct many *m, unsigned stopped, unsigned started,
                struct pyro_error *err) MUST_CHECK;
void many_end(struct many *m);

#endif
