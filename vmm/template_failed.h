/* Templates that could not be built are remembered for a day, so that they are not tried again behind
 * every start: TEMPLATES/failed-KEY, an empty file. Blocks on the disk only. */
#ifndef PYRO_TEMPLATE_FAILED_H
#define PYRO_TEMPLATE_FAILED_H

#include <stdbool.h>
#include <stdint.h>

#define TEMPLATE_FAILED_SECONDS (24 * 60 * 60)

bool template_has_failed(int templates_fd, const char *key);
/* Notes it. Where that cannot be written, it is tried again. */
void template_note_failure(int templates_fd, const char *key);
/* Forgets those that are that old, or older; 0: all. */
void template_forget_failures(int templates_fd, int64_t seconds);

#endif
