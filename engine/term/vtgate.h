/*
 * The narrow door between bytes a guest printed and libvterm.
 *
 * Debian's libvterm 0.1.4 trusts its input: seventeen parameters overwrite a callback pointer, a
 * repeat before any character loops forever, several resizes and string endings read or write out
 * of bounds. So it never sees a guest's bytes. The gate parses the stream itself (vtparse) and
 * writes to libvterm only its own output: whole, bounded sequences from an allow-list, valid UTF-8,
 * and BEL BS HT LF VT FF CR. Control strings, character sets, repeats and questions end in the
 * gate: it never answers a program; save and restore, mode lists, colon colours and the alternate
 * screen's old mode are rewritten into what libvterm gets right.
 *
 * The gate also knows when a wrap is pending, which libvterm does not report and does not treat as
 * terminals do: there EL, ED, ECH, DCH and ICH leave the line alone and BS stays on the last cell.
 */
#ifndef PYRO_TERM_VTGATE_H
#define PYRO_TERM_VTGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vterm.h>

#include "engine/term/vtparse.h"

#define VTGATE_ROWS_MAX 1000
#define VTGATE_COLS_MAX 1000
#define VTGATE_TITLE_MAX 512
#define VTGATE_SKIMMED_MAX 8
#define VTGATE_MARKS_MAX 5 /* libvterm keeps six code points in a cell */

/* Events that the gate takes out of the stream; any may be NULL. Strings are valid UTF-8 without
 * controls. */
struct vtgate_events {
    void (*title)(void *user, const char *title);
    void (*directory)(void *user, const char *path); /* the shell's working directory */
    void (*link)(void *user, const char *uri);       /* of the text that follows; "": none */
    void (*command_end)(void *user, int status);     /* OSC 133;D: a command is over */
};

/* The kind of input the program has asked for. */
enum vtgate_mouse_encoding {
    VTGATE_MOUSE_X10,
    VTGATE_MOUSE_UTF8,
    VTGATE_MOUSE_SGR,
    VTGATE_MOUSE_URXVT
};
struct vtgate_modes {
    bool app_cursor, app_keypad, paste, focus;
    int mouse; /* 0: none, else 9, 1000, 1002 or 1003 */
    enum vtgate_mouse_encoding mouse_encoding;
};

/*
 * libvterm 0.1.4 knows neither faint nor concealed text. Both travel through it as its alternative
 * fonts, which no guest gets: a cell's font is a sum of these.
 */
#define VTGATE_FONT_DIM 1
#define VTGATE_FONT_CONCEAL 2

/*
 * The set of wide characters differs between libvterm's releases; here term_width() decides. A
 * narrow one that a libvterm may take for wide therefore travels through it as a number beyond
 * Unicode, which is narrow in all of them. Returns the character of a cell's first number.
 */
uint32_t vtgate_character(uint32_t in_cell);

struct vtgate_charset {
    bool drawing[2], shifted;
};

/* State of a saved cursor that libvterm does not keep. */
struct vtgate_kept {
    struct vtgate_charset charset;
    int font;
    bool origin, protect; /* DECOM, DECSCA */
};

struct vtgate {
    struct vtparse parse;
    VTerm *vt;
    VTermState *state;
    const struct vtgate_events *events;
    void *user;
    int rows, cols;
    bool wrap, alternate; /* as the guest has set them */
    bool pending;         /* a wrap is pending */
    bool after_glyph;     /* nothing came since the last character, so a mark may join it */
    unsigned marks;       /* on that character */
    int col;              /* while text is queued: the column it will reach */
    struct vtgate_kept now, saved, entry; /* entry: when the alternate screen was entered by 1049 */
    int entry_row, entry_col;
    struct vtgate_modes modes;
    bool can_repeat;               /* nothing came since `last` */
    unsigned last_len, last_width; /* the last character */
    unsigned last_all;             /* its bytes and its marks' */
    char last[4 * (1 + VTGATE_MARKS_MAX)];
    struct vt_csi skim[VTGATE_SKIMMED_MAX]; /* colours since the last reset, while skimming */
    unsigned skimmed;
    bool skim_reset;
    size_t queued;
    char queue[512];
};

/* The sizes that a VTerm behind the gate may have: 1..1000 rows, 2..1000 columns. */
void vtgate_clamp_size(int *rows, int *cols);
/*
 * Attaches to a fresh VTerm of such a size, which stays the caller's; its layers are reset here, so
 * the screen layer's callbacks must be set before. `events` and `user` are kept.
 */
void vtgate_init(struct vtgate *g, VTerm *vt, const struct vtgate_events *events, void *user);
/* Any bytes, in any split. When it returns, libvterm has seen all that was complete. */
void vtgate_feed(struct vtgate *g, const char *bytes, size_t n);
/*
 * The same for output that nobody will see: text and movements are skipped, modes, colours, titles
 * and resets act. Leaves the cursor in column 0 of its row.
 */
void vtgate_skim(struct vtgate *g, const char *bytes, size_t n);
/* As if the program had left the alternate screen, if it is on; a sequence in progress goes on. */
void vtgate_end_alternate(struct vtgate *g);
/* Sizes are clamped as above. No scrollback may be popped back in (no sb_popline callback). */
void vtgate_resize(struct vtgate *g, int rows, int cols);

#endif
