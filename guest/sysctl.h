/* The kernel's settings that differ from its own defaults. */
#ifndef PYRO_GUEST_SYSCTL_H
#define PYRO_GUEST_SYSCTL_H

/* Writes them; settings a kernel lacks are logged. /proc is mounted. */
void sysctl_set(void);

#endif
