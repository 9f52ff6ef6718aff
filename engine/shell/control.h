/*
 * Control over a shell: what an operator types goes to its program, and its terminal has the
 * operator's size. Its holder gives it back; the events of the shell say that an operator typed.
 */
#ifndef PYRO_SHELL_CONTROL_H
#define PYRO_SHELL_CONTROL_H

#include "engine/client/handle.h"
#include "vmm/base/loop.h"

struct shell_control;

/* Control was lost: the shell ended, or its supervisor did. Call shell_control_free() later, not
 * from here. */
typedef void shell_control_lost_fn(void *arg, const struct pyro_error *why);

/*
 * Connects to the supervisor, which is restarted if it was killed (then this blocks for as long as
 * that takes).
 */
struct shell_control *shell_control_new(struct loop *loop, const struct workspace_handle *w,
                                        const char *shell, shell_control_lost_fn *lost, void *arg,
                                        struct pyro_error *err) MUST_CHECK;
/* Input that was sent still goes out (for at most a moment). NULL is fine. */
void shell_control_free(struct shell_control *c);
/*
 * Types n bytes, as one piece while the shell keeps up; false when the shell has not read what was
 * typed before and there is no more room: nothing of it is typed then.
 */
bool shell_control_type(struct shell_control *c, const void *bytes, size_t n) MUST_CHECK;
void shell_control_resize(struct shell_control *c, int rows, int cols);

#endif
