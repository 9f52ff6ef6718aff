/*
 * The bytes of the operator's terminal, taken apart into events. ncurses is not asked: it neither
 * keeps the bytes a key came as nor knows paste and focus. One table-driven decoder, fed as bytes
 * arrive; nothing in it blocks, allocates (but for a paste) or trusts its input.
 *
 * Every event carries its own bytes, so that a pane can pass ordinary ones on untouched.
 */
#ifndef PYRO_TUI_INPUT_H
#define PYRO_TUI_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "vmm/base/buf.h"

enum event_kind { EVENT_KEY, EVENT_MOUSE, EVENT_PASTE, EVENT_FOCUS };

/* Keys that are not characters; above every code point. */
enum key_code {
    K_UP = 0x110000,
    K_DOWN,
    K_RIGHT,
    K_LEFT,
    K_HOME,
    K_END,
    K_PGUP,
    K_PGDN,
    K_INSERT,
    K_DELETE,
    K_ENTER,
    K_TAB,
    K_BACKSPACE,
    K_ESC,
    K_F1, /* … K_F1 + 11 is F12 */
    K_F12 = K_F1 + 11,
    K_UNKNOWN /* a sequence of no known meaning: only its bytes say more */
};

enum key_mods { MOD_SHIFT = 1, MOD_ALT = 2, MOD_CTRL = 4 };

enum mouse_kind {
    MOUSE_PRESS,
    MOUSE_RELEASE,
    MOUSE_DRAG,
    MOUSE_MOVE,
    MOUSE_WHEEL_UP,
    MOUSE_WHEEL_DOWN
};

struct key_event {
    enum event_kind kind;
    uint32_t code; /* of a key: the code point (never a control), or one of enum key_code */
    unsigned mods; /* of a key or mouse event: enum key_mods; a character's own shift is not told */
    enum mouse_kind mouse;
    int button;       /* 1 left, 2 middle, 3 right; 0: none */
    int clicks;       /* of a press: 1, 2 (double); set by the application, not by the decoder */
    int row, col;     /* of a mouse event, from 0 */
    bool focused;     /* of a focus event */
    bool more;        /* of a paste: too long for one event, another follows */
    const char *text; /* of a paste: what was pasted, as it came; not NUL-terminated */
    size_t text_len;
    const char *raw; /* the bytes it came as (of a paste: none), borrowed for the call */
    size_t raw_len;
};

#define INPUT_PENDING_MAX 96
#define INPUT_PASTE_MAX (256 * 1024) /* bytes of one paste event */
#define INPUT_ESC_MS 30              /* how long a lone ESC may be the start of more */

struct input {
    char pending[INPUT_PENDING_MAX]; /* an unfinished sequence */
    size_t pending_len;
    bool pasting;
    struct buf paste;
};

typedef void input_event_fn(void *arg, const struct key_event *e);

void input_init(struct input *in);
void input_release(struct input *in);
/* Calls fn for each event that is whole with these bytes. */
void input_feed(struct input *in, const char *bytes, size_t n, input_event_fn *fn, void *arg);
/* Whether bytes wait that mean something by themselves when nothing follows for INPUT_ESC_MS. */
bool input_waits(const struct input *in);
/* Nothing followed: what waits is an event now. */
void input_flush(struct input *in, input_event_fn *fn, void *arg);

/* "Ctrl-x", "Alt-Enter", "PgUp", "é" to a key and back. */
bool key_parse(const char *name, size_t n, uint32_t *ret_code, unsigned *ret_mods);
void key_label(uint32_t code, unsigned mods, char ret[32]);
/* Whether it is a character, as text is made of. */
bool key_is_text(const struct key_event *e);

#endif
