/*
 * /tmp: a directory on the disk, as large as that, and empty when a machine starts. Its old content
 * is removed by a process of its own, so that no start waits for it.
 */
#ifndef PYRO_GUEST_TMP_H
#define PYRO_GUEST_TMP_H

/* Call once the root is writable. A /tmp that is not a directory (a link, say) is the user's
 * choice, and left alone. */
void tmp_renew(void);
/* `pyro-guest --empty DIRECTORY`: an exit status. */
int tmp_empty_main(int argc, char **argv);

#endif
