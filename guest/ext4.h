/* Reads ahead the parts of an ext4 file system that the first write after a restore needs. */
#ifndef PYRO_GUEST_EXT4_H
#define PYRO_GUEST_EXT4_H

/*
 * Reads the bitmaps of every block group, and the first blocks of each inode table, through the
 * device, whose page cache the file system shares. Blocks. Errors are ignored.
 */
void ext4_warm(const char *device);

#endif
