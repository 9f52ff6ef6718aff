/*
 * $XDG_CONFIG_HOME/pyro/config: lines `theme = NAME`, `clipboard = on|off`, `notify = bell|osc9|COMMAND` and `key.SCREEN.ACTION =
 * KEY KEY …`, comments with #. A line that cannot be used, a setting that is given twice and a key
 * that means two things on one screen are reported in the log screen, and nothing else.
 */
#ifndef PYRO_TUI_CONFIG_H
#define PYRO_TUI_CONFIG_H

#include <stddef.h>

/* Reads the file and applies it: theme and keys. A file that is not there is not an error. Returns
 * the number of problems told. After color_init(). */
size_t config_load(void);

#endif
