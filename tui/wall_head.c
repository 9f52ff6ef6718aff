/* tui/wall_head.c: what is zero is not said. */
#include "tui/wall_head.h"

#include <stdio.h>

#include "tui/draw.h"

/* "? 2 ask", behind what is there; returns where the next one begins. */
static int put(WINDOW *win, int at, int cols, enum role role, const char *text)
{
    return at + 2 +
           draw_text(win, 0, at, cols - at, style_on(theme_style(role), theme_style(ROLE_BAR)),
                     text);
}

void wall_head_draw(const struct wall_counts *c, WINDOW *win, int cols)
{
    struct style bar = theme_style(ROLE_BAR);
    char text[160];
    int at;

    draw_fill(win, 0, 0, cols, bar);
    if (c->shown < c->shells) {
        snprintf(text, sizeof(text), " %d–%d of %d ", c->first + 1, c->first + c->shown, c->shells);
        draw_right(win, 0, 0, cols, bar, text);
        cols -= draw_width(text);
    }
    at = 1 + draw_text(win, 0, 1, 12, theme_style(ROLE_TITLE), "pyro  wall") + 2;
    snprintf(text, sizeof(text), "%d shell%s of %d %sworkspace%s", c->shells,
             c->shells == 1 ? "" : "s", c->workspaces, c->marked ? "marked " : "",
             c->workspaces == 1 ? "" : "s");
    at += draw_text(win, 0, at, cols - at, bar, text) + 2;
    if (c->asking) {
        snprintf(text, sizeof(text), "? %d ask%s", c->asking, c->asking == 1 ? "s" : "");
        at = put(win, at, cols, ROLE_WARN, text);
    }
    if (c->failed) {
        snprintf(text, sizeof(text), "✗ %d failed", c->failed);
        at = put(win, at, cols, ROLE_BAD, text);
    }
    if (c->waiting) {
        snprintf(text, sizeof(text), "❯ %d wait%s", c->waiting, c->waiting == 1 ? "s" : "");
        put(win, at, cols, ROLE_WARN, text);
    }
}
