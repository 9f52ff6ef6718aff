/*
 * A file of lines beside a log that has one writer, is only appended to and can be read at any
 * time: its events or its times.
 *
 * A line is in it whole or not at all, whatever crashed or filled the disk while it was written, so
 * no line is ever joined to a part of another. A guest or an operator that makes the log's writer
 * note things has room only in proportion to the log: `spare` bytes, and one for every
 * LINE_FILE_SHARE bytes printed. What exceeds that is not noted at all, so that what was read once
 * stays as it is. Lines about a dropped part of the log are dropped too; positions in the file
 * never shift.
 */
#ifndef PYRO_LINE_FILE_H
#define PYRO_LINE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmm/base/cleanup.h"

#define LINE_FILE_SHARE 16

struct line_file {
    int fd;        /* -1: closed */
    uint64_t size; /* of the file, including what was dropped of it */
    uint64_t spare;
};

/* Takes fd (O_RDWR | O_APPEND), on failure too, and cuts off the unfinished line that a crash left
 * at the end; false with errno. */
bool line_file_open(struct line_file *f, int fd, uint64_t spare) MUST_CHECK;
void line_file_close(struct line_file *f);
/* Appends `n` bytes, which end in a newline. log_size: how much was ever printed. False when there
 * was no room; none of them stays. */
bool line_file_add(struct line_file *f, uint64_t log_size, const char *line, size_t n);
/* The same for the last line, which always has room. */
bool line_file_add_last(struct line_file *f, const char *line, size_t n);
/* Frees the part before a position. */
void line_file_drop(struct line_file *f, uint64_t before);

#endif
