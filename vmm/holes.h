/*
 * Clones do not fill the holes of their template's RAM (ram.h): QEMU has no option for that, so a
 * small library of pyro's own, vmm/preload/holes.c, is loaded into it. It is carried in pyro, and
 * given as a descriptor. Where the host's loader refuses it, QEMU runs without, and what a guest
 * writes into a hole takes memory twice, once for all clones of a template.
 *
 * It also lays a fork's upper memory (ram.h) over the template's. Whether it did is looked at from outside
 * (holes_upper_is_laid()), before the machine runs.
 */
#ifndef PYRO_HOLES_H
#define PYRO_HOLES_H

#include "vmm/base/error.h"
#include "vmm/base/proc.h"

#define HOLES_FD 10 /* where the child finds the library … */
#define HOLES_UPPER_FD                                                                             \
    11 /* … and that the upper memory; this line is vmm/preload/holes.c's as well */

/* The library in a new, sealed memfd; -1 on failure. */
int holes_library(struct pyro_error *err) MUST_CHECK;
/* Makes the program of this spec load it, from HOLES_FD; `library` is borrowed. */
void holes_add(struct proc_spec *spec, int library);
/* Whether a QEMU, whose RAM is mapped by now, has all of an upper memory in it. */
bool holes_upper_is_laid(pid_t pid, int upper_fd);
/* Loads it into a child in QEMU's jail: whether this host allows that. Takes milliseconds. */
bool holes_probe(struct pyro_error *err) MUST_CHECK;

#endif
