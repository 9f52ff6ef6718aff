/* A job's output in a file without a name, to be shown by the pager however long it is. */
#ifndef PYRO_TUI_TEXT_FILE_H
#define PYRO_TUI_TEXT_FILE_H

#include <stddef.h>

#include "vmm/base/error.h"

/* A file without a name in this directory, so that nothing is left of it whatever happens; in
 * memory where the file system has no such files. -1: neither is possible. */
int text_file_open(int dir_fd);
/*
 * The whole of it as bytes, for a pager_spec with `mapped`: its writer has ended, so it stays as it
 * is. *ret_text is NULL when it is empty. Fails for more than PAGER_TEXT_MAX.
 */
bool text_file_map(int fd, char **ret_text, size_t *ret_len, struct pyro_error *err) MUST_CHECK;

#endif
