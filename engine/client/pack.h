/*
 * `pyro __pack ID`: compresses the memory of a suspended machine, started by memory_pack_start().
 *
 *   waits until it has been suspended for a minute; ends when its memory is dropped meanwhile
 *   compresses it into MEMORY_SUSPENDED_PACKED, at idle priority, and syncs that
 *   with the workspace locked, and suspended still: renames that to its place, syncs the directory, and
 *   only then removes the file that it takes the place of
 *
 * Killed anywhere, it leaves one of the two whole, or both, of which the compressed one is then the older
 * name of the same; a resume reads either.
 */
#ifndef PYRO_CLIENT_PACK_H
#define PYRO_CLIENT_PACK_H

/* Its main; the exit status. */
int pack_main(int argc, char **argv);

#endif
