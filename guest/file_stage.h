/*
 * Where changes to files are being staged, recorded on the disk before the stage is created: files
 * left behind by a machine that died in between are removed when the next one begins.
 */
#ifndef PYRO_GUEST_FILE_STAGE_H
#define PYRO_GUEST_FILE_STAGE_H

#include "guest/guest.h"

#define FILE_STAGE_PREFIX ".pyro-" /* of a stage's name; 16 hexadecimal digits follow */

/* `parent`: the directory it will be in, a path below /workspace. Best effort. */
void file_stage_note(const char *name, const char *parent);
void file_stage_forget(const char *name);
/* Removes those still recorded. Call before any is created. */
void file_stage_sweep(struct guest *g);

#endif
