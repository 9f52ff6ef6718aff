/*
 * What machines were made lately, the newest first: the next one will be like one of them, and is
 * kept ready as a spare. In the data directory, spares.json; whoever makes a machine writes it, and
 * those who keep spares follow it.
 */
#ifndef PYRO_SPARE_WISH_H
#define PYRO_SPARE_WISH_H

#include "vmm/base/error.h"

#define SPARE_WISHES_MAX 4
#define SPARES_DEFAULT 2 /* in all, of a process that stays */
#define SPARES_MAX 16

struct spare_wish {
    char environment[512];
    int64_t vcpu_count, mem_mib;
    bool network;
    double made_at; /* epoch seconds; of spare_wish_note() */
};

/* How many spares there may be in all: PYRO_SPARES, else the configuration's `spares`, else
 * SPARES_DEFAULT where a process stays to keep them, and none elsewhere. */
int64_t spares_allowed(bool stays);
/* Whether the setting is valid. PYRO_INVALID_ARGUMENT names the place; such a setting is ignored. */
bool spares_check(struct pyro_error *err) MUST_CHECK;
/* Whether a value of that setting is one: 0 to SPARES_MAX. */
bool spares_parse(const char *text, int64_t *ret) MUST_CHECK;

bool spare_wish_equal(const struct spare_wish *a, const struct spare_wish *b);
/* Notes that such a machine was made. Nothing is reported: a wish that is lost costs a quick start. */
void spare_wish_note(const struct spare_wish *wish);
/* The newest, and those of the last ten minutes; returns how many. */
size_t spare_wishes_read(struct spare_wish ret[SPARE_WISHES_MAX]);

#endif
