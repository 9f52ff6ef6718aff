/*
 * The frame: one loop, a stack of screens, one painting a pass.
 *
 * A screen is a struct of its own that embeds struct screen first and a const table of functions.
 * It owns a rectangle (all of the terminal but the key bar, or, as an overlay, what it asks for in
 * the middle), gets the events when it is on top, and draws itself whole when the frame asks; it
 * asks for that with app_damage(). The frame finds what a key does in the screen's key table, draws
 * the key bar from the same table and turns clicks on it into keys.
 *
 * Two screens may share the room of one: the one on top has the focus, the other is `beside` it.
 *
 * An event goes: screen's event() → its key table; the global table. A key may be in several rows:
 * the first that is possible counts. Everything runs on the loop: nothing here or in a screen
 * blocks.
 */
#ifndef PYRO_TUI_APP_H
#define PYRO_TUI_APP_H

#include "engine/state/record.h"
#include "engine/state/shell_files.h"
#include "tui/draw.h"
#include "tui/input.h"
#include "tui/keymap.h"
#include "tui/list_find.h"
#include "tui/theme.h"
#include "vmm/base/loop.h"

#define APP_FRAME_MS 10
#define APP_ECHO_MS 50
#define APP_ROWS_MIN 10
#define APP_COLS_MIN 40

struct app;
struct model;
struct screen;

struct screen_ops {
    const char *name;               /* in the configuration: key.NAME.ACTION */
    const char *title;              /* of the help screen */
    const struct key_binding *keys; /* up to a row without a name */
    /* Of the actions of all screens those that a key that is text does here; NULL: all. */
    const char *const *text_does;
    bool overlay; /* over the screen below, which stays visible; size() says how large */

    /* On top now: pushed, uncovered, or given the focus. No longer: covered, without the focus, or
     * about to be freed. */
    void (*enter)(struct screen *s);
    void (*leave)(struct screen *s);
    /* Any event, before the key tables; true: taken. Mouse positions are in the screen's own
     * window. May pop the screen. */
    bool (*event)(struct screen *s, const struct key_event *e);
    /* Whether event() takes every key: then the key bar offers none of those that all screens have.
     * NULL: never. */
    bool (*captures)(struct screen *s);
    /* Of an overlay: the size it wants, at most what is given. */
    void (*size)(struct screen *s, int *rows, int *cols);
    /* The window has another size. */
    void (*resize)(struct screen *s, int rows, int cols);
    /* Draws into win, all of it (the frame does not erase). */
    void (*draw)(struct screen *s, WINDOW *win);
    /* Where the cursor is, in the window; false: it is hidden. */
    bool (*cursor)(struct screen *s, int *ret_row, int *ret_col);
    /* Whether it is to be drawn once a second while it is visible; NULL: never. */
    bool (*tick_wanted)(struct screen *s);
    /* NULL: there is nothing to free but its struct. */
    void (*free)(struct screen *s);
};

/* Of the room, which is all of the terminal but the key bar. */
enum part { PART_ALL, PART_UPPER, PART_LOWER, PART_LEFT, PART_RIGHT };

struct screen {
    const struct screen_ops *ops;
    struct app *app;
    struct screen *below;
    struct screen *beside; /* it shares the room with; NULL: it has all of it */
    enum part part;
    WINDOW *win;     /* made by the frame */
    uint64_t serial; /* of no other screen, ever; given by app_push() */
    int top, left, rows, cols;
    int64_t opened_ms; /* clock_ms() when it was pushed */
    /* What it is about: ids of workspaces, separated by blanks, and of a shell of the one; NULL:
     * nothing. When all of that is gone the frame closes the screen. See screen_about(). */
    char *about, *about_shell;
    /* Whose end the operator sees here: a workspace's id, and a source in it ("shell:sh1"); NULL:
     * nobody's. See screen_views(). */
    char *views_workspace, *views;
    bool over;              /* it has done what it is for: closed as soon as it is on top */
    double looked_at;       /* since when there is what the operator saw here last; the model's */
    struct list_find *find; /* of a list that can be filtered; its own */
};

struct app {
    struct loop *loop;
    struct screen *top;
    int rows, cols; /* of the terminal */
    /* The rest is the frame's. */
    struct input input;
    struct loop_timer esc_timer, resize_timer, tick_timer, message_timer, frame_timer;
    WINDOW *bar;   /* the key bar */
    WINDOW *shade; /* what is behind an overlay, as it is seen there */
    bool damaged, restacked, focused, ended;
    uint64_t last_serial;
    int64_t frame_ms;  /* when something that came by itself was last painted */
    int64_t key_ms;    /* of the last key */
    char message[512]; /* in the key bar for a while */
    enum role message_role;
    struct {
        int from, to;
        const char *screen;
        const struct key_binding *binding;
    } bar_spots[48];
    int bar_spot_count;
    int64_t press_at; /* of the last press, to tell double clicks */
    int press_row, press_col;
    int exit_signal;          /* that ended it; 0: none */
    struct screen *graveyard; /* popped in this pass; freed at its end */
    struct screen *lifted;    /* see app_lift() */
    struct loop_deferred bury, check;
    struct model *model;
    bool (*is_gone)(const struct screen *s); /* whether what a screen is about is; the model's */
    void (*look)(struct screen *s);          /* the operator looks at what it views; the model's */
    /* The workspace that the operator is at, or was last: its id, or "". Screens say so. */
    char at_workspace[WORKSPACE_ID_LENGTH + 1];
    /* One that the list's cursor goes to as soon as it has it; "": none. */
    char wanted_workspace[WORKSPACE_ID_LENGTH + 1];
    uint32_t key; /* the last key's code */
    /* The shells that were looked at last, the newest first; "": none. */
    struct {
        char workspace[WORKSPACE_ID_LENGTH + 1], shell[SHELL_ID_MAX + 1];
    } visited[2];
};

/* A screen's struct of `size` bytes, zeroed, which begins with its struct screen. app_push() it;
 * or, when it was not pushed, its ops->free() frees it. */
void *screen_new(struct app *app, const struct screen_ops *ops, size_t size);
/* Sets what it is about; both are copied, and may be NULL. */
void screen_about(struct screen *s, const char *workspace_ids, const char *shell);
/* Sets what the operator sees in it: while it is on top, news of that is known. Both are copied. */
void screen_views(struct screen *s, const char *workspace_id, const char *source);
/* What a screen is about, or shows, may be gone, or have ended. */
void app_check_top(struct app *app);
/* Pushes a screen, which the frame owns from now on; ops->free() frees it. */
void app_push(struct app *app, struct screen *s);
/* Pops the top screen; the last one's end is the program's. */
void app_pop(struct app *app);
/* Takes the top screen out of sight, with all that it holds; app_drop() frees it, or shows it
 * `again`. */
void app_lift(struct app *app);
void app_drop(struct app *app, struct screen *s, bool again);
/* An overlay wants another size. */
void app_refit(struct screen *s);
/* Pushes a screen that shares the room with the top one, has this part of it (PART_LOWER or
 * PART_RIGHT), and the focus. When either is popped, the other has all of it again. */
void app_split(struct app *app, struct screen *s, enum part part);
struct area app_area(const struct app *app, enum part part);
/* Gives the focus to the other one of two. */
void app_focus_other(struct app *app);
/* Puts two that are stacked side by side, and the other way round. */
void app_turn(struct app *app);
/* Whether another one, which it shares the room with, has the focus. */
bool screen_is_aside(const struct screen *s);
/* The same as app_pop(), as what a key of a screen does. */
void screen_close(struct screen *s, int arg);
/* The keys of LIST_FIND_KEYS: to type a filter, and to show all again. */
void screen_filter(struct screen *s, int arg);
void screen_show_all(struct screen *s, int arg);
bool screen_is_filtered(struct screen *s, int arg);
/* An overlay has a row more while its filter has one. */
void screen_refit_find(struct screen *s);
/* Pops all but the first. */
void app_pop_to_first(struct app *app);
/* Does an action of the top screen, or of all screens, as its key does; NULL: nothing. */
void app_act(struct app *app, const struct key_binding *binding);
/* Whether a key of all screens does here what it does elsewhere. */
bool screen_passes(const struct screen *s, const struct key_binding *global,
                   const struct key_event *e);
/* Whether any of it can be seen: only overlays are above it. */
bool app_shows(const struct screen *s);
/* Whether all keys of a screen are text, or for something that it shows. */
bool screen_captures(struct screen *s);
/*
 * Whether something that comes by itself, such as the end of a job, may open a screen: the operator
 * is still on the screen with this serial, where it was asked for, and is not typing.
 */
bool app_may_open(const struct app *app, uint64_t serial);
/* To be painted before the next wait. */
void app_damage(struct app *app);
/* The same for what comes by itself, a shell's output for example: at most every APP_FRAME_MS, but
 * at once while a key is fresh, because it is probably the key's effect. */
void app_damage_soon(struct app *app);
/* A word to the operator in place of the key bar, for some seconds or until the next key; kept in
 * the log screen when it is a warning or an error. */
void app_message(struct app *app, enum role role, const char *fmt, ...) PRINTF_LIKE(3, 4);
void app_error(struct app *app, const struct pyro_error *err);
void app_quit(struct app *app);
/* Checks again whether anything wants the timer of once a second. */
void app_tick_check(struct app *app);

/* Takes the terminal. Release it in either case. */
bool app_init(struct app *app, struct pyro_error *err) MUST_CHECK;
/* Runs until the last screen is popped, app_quit(), a signal, or the terminal's end. */
void app_run(struct app *app);
/* Gives the terminal back and frees the screens: the loop is still there. */
void app_close(struct app *app);
void app_release(struct app *app);

/* Paints the whole screen again. */
void app_redraw(struct app *app);

/* Keys that every screen has, unless its own table takes them: in screens.c. */
extern const struct key_binding app_keys[];

#endif
