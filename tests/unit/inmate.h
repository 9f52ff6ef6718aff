/*
 * A program that a jail has to hold. It tries one attack after the other, each in a fresh process
 * in the jail, with a read-only descriptor of a file that belongs to its user and another process
 * of that user as its prey; what came of it is judged outside, by its answer and by what became of
 * the prey.
 *
 * A jail is a row (struct inmate_jail) of the test that has it: see test_inmate.c. An attack is a
 * row of the table in inmate_attacks.c, and is tried on every jail.
 */
#ifndef PYRO_TEST_INMATE_H
#define PYRO_TEST_INMATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "vmm/base/buf.h"

struct inmate_prey {
    int file_fd; /* read-only; -1: the jail keeps no descriptor of it */
    pid_t victim;
};

struct inmate_jail {
    const char *name;
    /*
     * Starts a process in the jail that calls inmate_attack(index, prey), with out_fd as its
     * standard output. prey->file_fd is given to it, under a number that the jail chooses; the path
     * is that file's.
     */
    bool (*start)(unsigned index, const struct inmate_prey *prey, const char *path, int out_fd,
                  pid_t *ret_pid);
    /* Attacks (their names, up to NULL) that do no harm from there. May be NULL. */
    const char *const *harmless;
};

/* Inside: tries it, answers on standard output, and exits. */
_Noreturn void inmate_attack(unsigned index, const struct inmate_prey *prey);
/*
 * All attacks on a jail, as the user who runs this. False: some came through; they are named in
 * *ret, a line each.
 */
bool inmate_check(const struct inmate_jail *jail, struct buf *ret);
/* As root, and as a user who is not; whichever of them this is. Fails the test. */
void inmate_assert_held(const struct inmate_jail *jail);

#endif
