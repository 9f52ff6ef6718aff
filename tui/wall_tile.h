/*
 * A tile of the wall: one shell, its state in words, and its screen in miniature, drawn by a
 * process of its own: if that fails, the tile shows a message.
 */
#ifndef PYRO_TUI_WALL_TILE_H
#define PYRO_TUI_WALL_TILE_H

#include "engine/shell/live.h"
#include "tui/curses.h"
#include "tui/model.h"
#include "tui/wall_grid.h"

/* The state of a shell in its tile, in order of urgency. */
enum tile_state {
    TILE_RUNS,
    TILE_PROMPT,  /* just now */
    TILE_WAITS,   /* for TILE_WAITS_SECONDS */
    TILE_COMMAND, /* the last command that was run in its workspace failed */
    TILE_FAILED,  /* its last command failed, or it ended with an error */
    TILE_ASKS     /* what runs in it waits for input */
};
#define TILE_WAITS_SECONDS 10

struct app;
struct wall;

struct wall_tile {
    struct wall *wall;
    char id[WORKSPACE_ID_LENGTH + 1], shell[SHELL_ID_MAX + 1];
    struct live *live; /* NULL: not on this page, or it could not be opened */
    struct pyro_error failure;
    struct pane_rect rect;
    bool first;        /* of its workspace's: it shows also what was run there without a shell */
    bool pinned, idle; /* it comes first; it is shown in two rows */
    bool counted;
    uint32_t command_ends; /* that the shell has told of so far, once they were counted */
    bool stale, whole;     /* something of it is drawn next time; all of it */
};

/* Puts it on the wall: what the operator has not seen of its shell is news. */
void wall_tile_init(struct wall_tile *t, struct wall *wall, struct watched_workspace *w,
                    const struct shell_record *r);
/* Begins to draw it; ops get the tile. */
void wall_tile_open(struct wall_tile *t, struct app *app, const struct live_ops *ops);
void wall_tile_close(struct wall_tile *t);
/* The operator looks at it: nothing about it is news; `acted`: its failures are known, too. */
void wall_tile_look(struct wall_tile *t, struct watched_workspace *w, bool acted);
/* For live_ops.changed(). */
void wall_tile_note_screen(struct wall_tile *t, struct watched_workspace *w);
/* Its shell may have printed: true when that is news. */
bool wall_tile_note_output(struct wall_tile *t, struct watched_workspace *w);
enum tile_state wall_tile_state(const struct wall_tile *t, struct watched_workspace *w, double now);
/* Seconds until its words change by themselves; 0: never. */
double wall_tile_next_change(const struct wall_tile *t, const struct watched_workspace *w,
                             double now);
const struct pyro_error *wall_tile_failure(const struct wall_tile *t);
/* Draws it at its place of the window, `top` rows down. */
void wall_tile_draw(struct wall_tile *t, WINDOW *win, const struct area *place, bool selected,
                    struct watched_workspace *w, double now);

#endif
