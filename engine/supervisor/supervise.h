/* The process that keeps one running workspace; started by the engine, never by a user. */
#ifndef PYRO_SUPERVISE_H
#define PYRO_SUPERVISE_H

/* `pyro __supervise fresh|restart|adopt|spare|own-template ID`: the process's main; returns its exit status. */
int supervise_main(int argc, char **argv);

#endif
