/* The kernel's settings that differ from its own defaults. */
#ifndef PYRO_GUEST_SYSCTL_H
#define PYRO_GUEST_SYSCTL_H

/* Writes them; what a kernel lacks is logged. /proc is mounted. */
void sysctl_set(void);

#endif
