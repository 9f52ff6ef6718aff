/* The attacks of an inmate (inmate.h): each row is tried on every jail. */
#ifndef PYRO_TEST_INMATE_ATTACKS_H
#define PYRO_TEST_INMATE_ATTACKS_H

#include "tests/unit/inmate.h"

#define INMATE_CONTENT "what the image holds" /* the file that is its prey */

struct inmate_attack {
    const char *name;
    bool (*comes_through)(
        const struct inmate_prey *prey); /* inside; it may also be killed for it */
};

extern const struct inmate_attack inmate_attacks[];
extern const unsigned inmate_attack_count;

#endif
