/*
 * One line of text being typed: a filter, a value of a form, a command. The usual keys of a line
 * editor; what is longer than its place scrolls sideways. Content is always valid UTF-8.
 */
#ifndef PYRO_TUI_FIELD_H
#define PYRO_TUI_FIELD_H

#include "tui/draw.h"
#include "tui/input.h"

#define FIELD_MAX 1024

struct field {
    char text[FIELD_MAX + 1];
    size_t len, cursor; /* bytes */
    bool masked;        /* a password: the text is not drawn, a sign for each character is */
    bool preset;        /* nobody has touched the text: what is typed takes its place */
    int cursor_col;     /* where the cursor was drawn last, from the field's left */
};

void field_set(struct field *f, const char *text);
/* The same, of a text that is offered: the first key that edits or moves keeps it, unless it types. */
void field_preset(struct field *f, const char *text);
/* A key or paste that edits; true when it was taken (Enter, Esc, Tab, Up and Down never are). */
bool field_event(struct field *f, const struct key_event *e);
/* Inserts at the cursor; newlines become spaces, other controls are dropped. */
void field_insert(struct field *f, const char *bytes, size_t n);
/* Draws the text into one row, or the placeholder in the dim style while it is empty. */
void field_draw(struct field *f, WINDOW *win, struct area a, struct style style, struct style dim,
                const char *placeholder);

#endif
