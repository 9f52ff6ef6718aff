/*
 * Where changes to files are being staged, written down on the disk before the stage is made: what
 * a machine that died in the middle left behind is removed as the next one begins.
 */
#ifndef PYRO_GUEST_FILE_STAGE_H
#define PYRO_GUEST_FILE_STAGE_H

#include "guest/guest.h"

#define FILE_STAGE_PREFIX ".pyro-" /* of a stage's name; 16 hexadecimal digits follow */

/* `parent`: the directory it is to lie in, a path below /workspace. Best effort. */
void file_stage_note(const char *name, const char *parent);
void file_stage_forget(const char *name);
/* Removes those that nobody forgot. Before any is made. */
void file_stage_sweep(struct guest *g);

#endif
