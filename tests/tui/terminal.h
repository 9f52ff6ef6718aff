/*
 * A terminal for tests: a program on a PTY, its output through libvterm, its input typed, its modes
 * noted. What a person would see is waited for; nothing here waits for time.
 */
#ifndef PYRO_TESTS_TERMINAL_H
#define PYRO_TESTS_TERMINAL_H

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

#include <vterm.h>

#include "vmm/base/buf.h"
#include "vmm/base/utf8.h"

#define TERMINAL_MODES_MAX 32
#define TERMINAL_CLIPBOARD_MAX 65536

struct terminal {
    int master, slave; /* the slave is kept open: its line discipline can be looked at afterwards */
    int pidfd;
    pid_t pid;  /* 0 once it has been reaped */
    int status; /* as waitpid(2) has it */
    VTerm *vt;
    VTermScreen *screen;
    VTermPos cursor;
    int rows, cols;
    bool cursor_visible;
    int cursor_shape; /* VTERM_PROP_CURSORSHAPE_… */
    struct termios before;
    int modes[TERMINAL_MODES_MAX]; /* DEC private modes that are set, 25 and 7 aside */
    int mode_count;
    uint64_t bytes;       /* of output so far */
    struct buf clipboard; /* what OSC 52 put there, decoded */
    struct buf heard;     /* a line each: "bell", and "says TEXT" for OSC 9 */
    struct buf typed;     /* not yet taken by the program */
    /* The output's little parser, for modes and OSC 52. */
    enum { OUT_TEXT, OUT_ESC, OUT_CSI, OUT_OSC, OUT_OSC_ESC } state;
    struct buf sequence;
    char unfinished[UTF8_LENGTH_MAX]; /* of a character whose rest has not come */
    size_t unfinished_bytes;
};

/* Starts argv with the environment of this process. False, with errno, when it cannot be. */
bool terminal_start(struct terminal *t, int cols, int rows, const char *const *argv);
/* Ends the program by SIGKILL when it still runs, and frees everything. */
void terminal_release(struct terminal *t);
/* Takes what the program prints, waiting at most that long for it. False once it has ended and all
 * is taken. */
bool terminal_pump(struct terminal *t, int timeout_ms);
/* Bytes as they are. */
void terminal_type(struct terminal *t, const char *bytes, size_t n);
/* A key by name ("Enter", "C-c", "PgUp", "F1", "M-x", …) or any other text as it is. */
void terminal_key(struct terminal *t, const char *key);
/* As a paste: bracketed when the program asked for that. */
void terminal_paste(struct terminal *t, const char *text);
/* A mouse event by SGR coordinates, counted from 1; false when the program wants no mouse. `button`
 * as in xterm: 0 left, 64 wheel up, 65 wheel down, +32 motion. */
bool terminal_mouse(struct terminal *t, int button, int col, int row, bool press);
void terminal_resize(struct terminal *t, int cols, int rows);
/* The terminal is gone, as when its window is closed. */
void terminal_hang_up(struct terminal *t);
/* Whether modes, line discipline and cursor are as they were before the start. */
bool terminal_is_restored(const struct terminal *t, struct buf *why_not);
bool terminal_mode_is_set(const struct terminal *t, int mode);

/* One row as text without trailing blanks, appended. */
void terminal_row_text(const struct terminal *t, int row, struct buf *to);
/* All rows, each ended by a newline. */
void terminal_text(const struct terminal *t, struct buf *to);
/* Whether a row of the screen matches; *ret_row is the first such (may be NULL). */
bool terminal_shows(const struct terminal *t, const regex_t *pattern, int *ret_row);

/* The screen as an SVG document, in the colours the program chose. */
void terminal_svg(const struct terminal *t, const char *title, struct buf *to);
/* Runs of cells with attributes other than the default: "row col-col bold fg=… bg=…" a line. */
void terminal_attributes(const struct terminal *t, struct buf *to);

#endif
