/*
 * The command line as a whole: parse, run, print, exit status.
 */
#ifndef PYRO_CMD_CMD_H
#define PYRO_CMD_CMD_H

/* Runs what argv asks for and returns the exit status of the process. */
int cmd_main(int argc, const char *const *argv);

#endif
