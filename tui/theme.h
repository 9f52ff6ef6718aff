/*
 * Code asks for looks by role: none outside theme.c names a colour. A theme is one row of styles:
 * dark, light, 16 (the terminal's own colours) and mono (attributes alone).
 */
#ifndef PYRO_TUI_THEME_H
#define PYRO_TUI_THEME_H

#include "tui/color.h"

enum role {
    ROLE_TEXT,         /* plain text, and the background of everything */
    ROLE_DIM,          /* what matters less: ages, units, hints */
    ROLE_TITLE,        /* the program's and a screen's name */
    ROLE_BAR,          /* the top line */
    ROLE_HEADER,       /* column heads */
    ROLE_SELECTED,     /* the line the cursor is on */
    ROLE_SELECTED_DIM, /* the same in a pane without focus */
    ROLE_MARKED,       /* a marked line's mark and name */
    ROLE_BORDER,       /* frames */
    ROLE_BORDER_FOCUS, /* the frame of the pane with focus */
    ROLE_LABEL,        /* the name of a fact */
    ROLE_KEY,          /* a key, in the key bar and in help */
    ROLE_KEY_LABEL,    /* what it does */
    ROLE_ACCENT,       /* something worth noticing: names, sort column */
    ROLE_GOOD,         /* running, exit status 0 */
    ROLE_WARN,         /* starting, emulated, waiting */
    ROLE_BAD,          /* failed, an error */
    ROLE_IDLE,         /* stopped, ended */
    ROLE_INPUT,        /* a field being typed into */
    ROLE_INPUT_DIM,    /* its placeholder, a completion not taken yet */
    ROLE_MATCH,        /* what a search found */
    ROLE_DIALOG,       /* text in a dialog */
    ROLE_DIALOG_BORDER,
    ROLE_DANGER_BORDER, /* of a dialog about losing something */
    ROLE_BUTTON,
    ROLE_BUTTON_FOCUS,
    ROLE_WATCHING,  /* the frame word of a shell that is only watched */
    ROLE_CONTROL,   /* … of one that is under control */
    ROLE_FRESH,     /* new output since it was last looked at */
    ROLE_SHADE,     /* everything behind a dialog */
    ROLE_SELECTION, /* text selected for copying */
    ROLE_ADDED,     /* a line of a diff that was added */
    ROLE_DELETED,   /* … that was deleted */
    ROLE_COUNT
};

/* Chooses by name ("dark", "light", "16", "mono"; "auto" or NULL: by the terminal and NO_COLOR).
 * False when there is no such theme. After color_init(). */
bool theme_choose(const char *name);
struct style theme_style(enum role role);

#endif
