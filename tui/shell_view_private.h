/* Shared by the files of a shell's view: control and drawing are in shell_view.c, keys are in
 * shell_view_keys.c. */
#ifndef PYRO_TUI_SHELL_VIEW_PRIVATE_H
#define PYRO_TUI_SHELL_VIEW_PRIVATE_H

#include "engine/client/handle.h"
#include "engine/shell/control.h"
#include "engine/shell/live.h"
#include "tui/app.h"
#include "tui/model.h"

#define SHELL_VIEW_WHEEL_ROWS 3

struct shell_view {
    struct screen screen;
    struct workspace_handle workspace;
    char shell[SHELL_ID_MAX + 1];
    struct live *live;
    struct history *history;
    struct shell_control *control; /* NULL: watching */
    struct loop_deferred give_up_call;
    struct pyro_error lost; /* why control was lost */
    bool cut_off;           /* it was, and the operator may still be typing: see event() */
    struct loop_timer regain_timer;
    struct loop_deferred send_call; /* of `typed` */
    int64_t swallowed_ms;           /* of the last key that went nowhere */
    /* Control was given back by the last key, which is `key` whatever it is. */
    bool gave_back;
    struct key_event key;
    /* The shell's size before control was taken, 0 when it has that; and what it was given. The
     * record tells of neither at once. */
    int own_rows, own_cols, given_rows, given_cols;
    struct pane_rect rect;
    bool told_focus; /* the program knows that it has the focus, if it wants to know such things */
    bool panned;     /* by hand: the view does not follow the cursor */
    bool pasting;    /* a long paste is under way */
    bool whole;      /* everything is drawn again, not only the rows that have changed */
    uint32_t bells;
    struct buf typed;
};

/* Moves what is shown by this much, or to where the cursor is in sight. */
void shell_view_move(struct shell_view *v, int down, int right);
/* The same by hand, of a screen that is larger than its place. */
void shell_view_pan(struct shell_view *v, int down, int right);
/* Control: taken, which may fail with a message, and given back. */
void shell_view_take(struct screen *s, int arg);
void shell_view_give_back(struct shell_view *v);
bool shell_view_can_take(struct screen *s, int arg);
/* Whether the shell has the operator's keyboard: told to a program under control that asked. */
void shell_view_tell_focus(struct shell_view *v, bool focused);
/* Everything an operator does while in control. */
void shell_view_type(struct shell_view *v, const struct key_event *e);

extern const struct key_binding shell_view_keys[];
extern const char *const shell_view_text_does[];
bool shell_view_captures(struct screen *s);
bool shell_view_event(struct screen *s, const struct key_event *e);

#endif
