/* A shell's files, written by the supervisor's own writer. */
#ifndef PYRO_SHELL_FIXTURE_H
#define PYRO_SHELL_FIXTURE_H

#include "tests/unit/unit.h"

#include "engine/supervisor/shell_log.h"

extern int dir_fd; /* of the workspace */
extern struct shell_record record;
extern struct shell_log shell_log;

/* A test's set-up and tear-down. The shell is sh1, 40x10. */
int open_log(void **state);
int close_log(void **state);

void print_bytes(const void *bytes, size_t n);
void print(const char *text);
/* From the log's end on. */
void resize(int64_t cols, int64_t rows);

#endif
