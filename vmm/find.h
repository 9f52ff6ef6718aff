/*
 * Finding a QEMU by the workspace it was started for, when nothing else is known about it: a
 * supervisor that is killed between starting QEMU and writing down its pid leaves only the `-name
 * pyro-NAME` on its command line.
 */
#ifndef PYRO_FIND_H
#define PYRO_FIND_H

/* Kills every QEMU of that name that pyro started for this user (SIGKILL) and waits, at most a second
 * each, until it is gone. */
void vm_kill_by_name(const char *name);
/*
 * Kills a QEMU left by a dead supervisor of workspace NAME, whose directory is dirfd. Also one that
 * has no command line yet: its sockets in run/ are served. Costs almost nothing when there is none.
 * Call with the workspace's lock held.
 */
void vm_kill_leftover(int dirfd, const char *name);

#endif
