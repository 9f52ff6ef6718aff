/* Locking pyro-image in before it parses anything. */
#ifndef PYRO_IMAGE_JAIL_H
#define PYRO_IMAGE_JAIL_H

#include "vmm/base/error.h"

/*
 * For the rest of this process: no new privileges, no core dumps, bounded memory, no rights of root
 * (when started by root and directory_fd is -1), and only the system calls that reading, writing
 * and allocating need. directory_fd: the one directory files may be created in, or -1: nothing can
 * be opened at all. Sanitizer builds leave the filter and the memory limit out.
 */
bool jail_enter(int directory_fd, struct pyro_error *err) MUST_CHECK;

#endif
