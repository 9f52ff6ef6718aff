/*
 * Tells from a loop that something in some files or directories has changed, by inotify(7): what it
 * was, the caller reads again. After each call the descriptor is ignored for a moment, so that a
 * file that is written without a pause costs few looks.
 */
#ifndef PYRO_FILE_WATCH_H
#define PYRO_FILE_WATCH_H

#include "vmm/base/loop.h"

struct file_watch;

/* `fn` is called from the loop after changes; several at once are one call. */
struct file_watch *file_watch_new(struct loop *loop, loop_call_fn *fn, void *arg,
                                  struct pyro_error *err) MUST_CHECK;
/* NULL is fine. */
void file_watch_free(struct file_watch *watch);
/* As inotify_add_watch(2): adding a path again changes its mask. False: it cannot be watched. */
bool file_watch_add(struct file_watch *watch, const char *path, uint32_t mask);

#endif
