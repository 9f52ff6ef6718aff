/*
 * A file of lines that has one writer, is only appended to and is read at any time: the notes
 * beside a log. A line is in it whole or not at all, whatever crashed or filled the disk while it
 * was written; so no line is ever glued onto the rest of another.
 */
#ifndef PYRO_LINE_FILE_H
#define PYRO_LINE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "vmm/base/cleanup.h"

/* Cuts off the unfinished line that a crash left at the end. `fd` is O_RDWR; false with errno. */
bool line_file_mend(int fd) MUST_CHECK;
/* Appends `n` bytes, which end in a newline; false when there was no room, and none of them stays.
 * `fd` is O_RDWR | O_APPEND. */
bool line_file_add(int fd, const char *line, size_t n);

#endif
