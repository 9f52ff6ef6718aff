/* Whether packets come back from outside: this program, run as a command in a machine. */
#ifndef PYRO_GUEST_REACH_H
#define PYRO_GUEST_REACH_H

/*
 * `--reach ADDRESS…`: asks each address in the ways that resolvers and gateways are known to
 * answer, all at once and through eth0 only. Prints the first that answers and returns 0; 1 when
 * none does in time.
 */
int reach_main(int argc, char **argv);

#endif
