/*
 * A file of lines beside a log, that has one writer, is only appended to and is read at any time:
 * its notes, its marks in time.
 *
 * A line is in it whole or not at all, whatever crashed or filled the disk while it was written; so
 * no line is ever glued onto the rest of another. And whoever makes the log's writer note things, a
 * guest or an operator, has room for them only in proportion to the log: `spare` bytes, and one for
 * every LINE_FILE_SHARE bytes that were printed. What is beyond is not noted at all, so that what
 * was read once stays as it is. What only tells of a part of the log that was dropped is dropped
 * too; positions in the file never shift.
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
    uint64_t size; /* of the file, what was dropped of it included */
    uint64_t spare;
};

/* Takes fd (O_RDWR | O_APPEND), on failure too, and cuts off the unfinished line that a crash left
 * at the end; false with errno. */
bool line_file_open(struct line_file *f, int fd, uint64_t spare) MUST_CHECK;
void line_file_close(struct line_file *f);
/* Appends `n` bytes, which end in a newline. log_size: how much was ever printed. False when there
 * was no room, and none of them stays. */
bool line_file_add(struct line_file *f, uint64_t log_size, const char *line, size_t n);
/* The same for the one line that comes last, which has room at all times. */
bool line_file_add_last(struct line_file *f, const char *line, size_t n);
/* Frees what is before a position. */
void line_file_drop(struct line_file *f, uint64_t before);

#endif
