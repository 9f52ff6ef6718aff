/*
 * The command line as a whole: parse, run, print, exit status.
 */
#ifndef PYRO_CMD_CMD_H
#define PYRO_CMD_CMD_H

#include "vmm/base/error.h"

/* Runs what argv asks for and returns the exit status of the process. */
int cmd_main(int argc, const char *const *argv);

/* Opens the terminal interface (on a workspace, or WORKSPACE/SHELL; NULL: on all), which is above
 * the engine: main hands it in. */
extern bool (*cmd_tui_entry)(const char *target, struct pyro_error *err);

#endif
