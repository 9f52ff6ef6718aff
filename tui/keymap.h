/*
 * Which key does what: each screen has a const table of its actions, a row each with its default
 * keys, what it does and when that is possible. The key bar, the help screen, clicks on the key
 * bar, the configuration and docs/keys.md all come from it.
 */
#ifndef PYRO_TUI_KEYMAP_H
#define PYRO_TUI_KEYMAP_H

#include "tui/input.h"
#include "vmm/base/error.h"

struct screen;

/* The title that the help screen has a key under; without one: what it acts on. */
enum key_group { KEYS_ACT, KEYS_NAVIGATE, KEYS_VIEW, KEYS_GROUPS };

struct key_binding {
    const char *name;  /* in the configuration: key.SCREEN.NAME; NULL ends the table */
    const char *keys;  /* default keys, separated by spaces: "Enter o", "Ctrl-d"; "" for none */
    const char *label; /* in the key bar, one or two words; NULL: not shown there */
    const char *help;  /* a phrase for the help screen */
    void (*act)(struct screen *s, int arg);
    bool (*can)(struct screen *s, int arg); /* whether act() may be called now; NULL: always */
    int arg;                                /* for both */
    enum key_group group;
    const char *needs; /* what there must be for it: said when it cannot be done now; NULL: see help
                        */
    /* The label as things are now; NULL: the label. */
    const char *(*says)(struct screen *s, int arg);
};

/* Whether the event is one of the binding's keys in force. */
bool keymap_has(const char *screen, const struct key_binding *binding, const struct key_event *e);
bool keymap_can(const struct key_binding *binding, struct screen *s);
/* What the key bar says of a binding that can be done; NULL: nothing. */
const char *keymap_label(const struct key_binding *binding, struct screen *s);
/* The row of this screen's table that the event's key means now: the first that is possible, or
 * else the first. NULL: none has the key. */
const struct key_binding *keymap_find(const struct key_binding *table, struct screen *s,
                                      const char *screen, const struct key_event *e);
/* The row of this name, which there must be. */
const struct key_binding *keymap_named(const struct key_binding *table, const char *name);
/* The keys in force, separated by spaces. */
const char *keymap_keys(const char *screen, const struct key_binding *binding);
/* Whether a screen leaves the event to a binding of "global": all but text, of which only what
 * text_does names, if there are such names. */
bool keymap_passes(const char *const *text_does, const struct key_binding *global,
                   const struct key_event *e);
/* Those of a binding of "global" that the table of a screen does not have, and that pass. */
void keymap_keys_left(const struct key_binding *global, const char *screen,
                      const struct key_binding *table, const char *const *text_does, char *ret,
                      size_t size);
/* The first of them as it is shown ("↵" for Enter, …), into ret; "" when there is none. */
void keymap_first_key(const char *screen, const struct key_binding *binding, char ret[32]);

/* Other keys for key.SCREEN.ACTION, separated by spaces; the names are not checked to exist. */
bool keymap_remap(const char *screen, const char *action, const char *keys,
                  struct pyro_error *err) MUST_CHECK;
void keymap_reset(void);
/*
 * The next pair of a table's actions that share a key only because the configuration says so; the
 * search begins with *ret_a == NULL and goes on behind the last pair. The key's name is in the
 * configuration's words, borrowed, *ret_len bytes. False: there is no other.
 */
bool keymap_next_clash(const char *screen, const struct key_binding *table,
                       const struct key_binding **ret_a, const struct key_binding **ret_b,
                       const char **ret_key, size_t *ret_len);

/* The action of all screens that one of a screen hides there, only because the configuration says
 * so; NULL: none. The key as above. */
const struct key_binding *keymap_hidden(const char *screen, const struct key_binding *binding,
                                        const struct key_binding *global, const char **ret_key,
                                        size_t *ret_len);

/* Notes in $PYRO_CHECK_KEYS, when that is set, that there is this action ("has") or that it was
 * triggered ("did"): tests/coverage.sh wants each one triggered by some test. */
void keymap_note(const char *what, const char *screen, const struct key_binding *binding);

#endif
