/*
 * The memory that a process which only waits keeps in use. A scheduler counts the pages of programs
 * and libraries that are mapped into a process as its own, although all processes share them.
 */
#ifndef PYRO_RESIDENT_H
#define PYRO_RESIDENT_H

/*
 * Gives back unused heap, and unmaps the pages of code and constants: the kernel maps them again
 * when they are used. For a process that is about to wait for long.
 */
void resident_release(void);

#endif
