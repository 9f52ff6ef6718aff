/* The guest program itself, as a plain child over a socketpair, and the host's end of its link. */
#ifndef PYRO_TESTS_GUEST_FIXTURE_H
#define PYRO_TESTS_GUEST_FIXTURE_H

#include "tests/unit/peer.h"

struct guest_fixture {
    struct peer peer;
    pid_t pid;
    int link_fd;  /* a copy of the link's descriptor, for frames that no link would send */
    char dir[64]; /* serves as /workspace */
};

/* Starts it and has it begin; dies in words when it does not. */
void guest_fixture_start(struct guest_fixture *f);
/* Hangs up, waits for its end (it ends when its host is gone), removes dir; 0, or -1 when something
 * is left: cmocka's. */
int guest_fixture_end(struct guest_fixture *f);

#endif
