/*
 * The terminal's screen at the end of a stretch of output, as shown by --screen. The bytes go
 * through the gate into libvterm, in a confined child; a crash there is an error of this one read.
 */
#ifndef PYRO_TERM_SCREEN_H
#define PYRO_TERM_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "engine/term/plain.h"
#include "vmm/base/error.h"
#include "vmm/base/json.h"

/* How far back a screen is computed from if no nearer point is known at which all of it was
 * drawn. */
#define SCREEN_LOOK_BACK (256 * 1024)

struct screen {
    int rows, cols;
    char **text; /* `rows` strings, valid UTF-8 without controls, trailing blanks cut */
    int cursor_row, cursor_col; /* from 0, always on the screen */
    bool cursor_visible;
    bool alt_screen;
    char *title; /* "" when none was set */
};

void screen_release(struct screen *screen);
/* {rows, cursor {row, col, visible}, title}, new: the screen as users get it. */
json_t *screen_to_json(const struct screen *screen);

/*
 * Renders n bytes; `options` as for a plain read (`ended` does not matter). Errors: PYRO_INTERNAL
 * when the child crashed or gave a wrong answer, PYRO_NO_MEMORY. Blocks: about 0.1 s for each
 * megabyte.
 */
bool screen_render(const char *bytes, size_t n, const struct plain_options *options,
                   struct screen *ret, struct pyro_error *err) MUST_CHECK;

/* Only starts the child that does it: its answer, for screen_parse(), comes out of out_fd up to the
 * end, and the caller ends and waits for *ret_pid. */
bool screen_spawn(const char *bytes, size_t n, const struct plain_options *options, int out_fd,
                  pid_t *ret_pid, struct pyro_error *err) MUST_CHECK;

/*
 * Where in bytes[0..n) to begin: after the last full reset, else at the last entry to the alternate
 * screen that was not left again, else `SCREEN_LOOK_BACK` before the end, else 0.
 */
size_t screen_find_start(const char *bytes, size_t n);
/* `SCREEN_LOOK_BACK` before the end, else 0. */
size_t screen_look_back(size_t n);

/* The child's part, and its answer in raw form, for tests and the fuzzer. */
bool screen_render_here(const char *bytes, size_t n, const struct plain_options *options,
                        struct buf *answer) MUST_CHECK;
/* Reads such an answer, trusting nothing in it. */
bool screen_parse(const void *answer, size_t n, struct screen *ret,
                  struct pyro_error *err) MUST_CHECK;

#endif
