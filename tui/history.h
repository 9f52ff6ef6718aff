/*
 * All that an append-only log holds, from the oldest byte kept, to scroll, search and copy: a pager
 * over whatever screen asked for it. It stays as it was read; the log goes on below, and the pager
 * says when there is more.
 *
 * The log is any that a command of pyro's table prints as text from a cursor on, each line with its
 * time; SGR sequences in that are shown as colours, and whatever else would drive the terminal is
 * shown as escapes. It is printed by a process of its own into a file without a name, which is
 * mapped: this program's memory does not grow with the log. At first only the newest part is
 * printed; what is older when it is wanted.
 */
#ifndef PYRO_TUI_HISTORY_H
#define PYRO_TUI_HISTORY_H

#include "tui/app.h"

#define HISTORY_LOG_MAX "67108864" /* the most that a read takes; a log is capped there */

struct history;

struct history_spec {
    const char *title;       /* copied, like the next */
    const char *const *argv; /* without "pyro" and "--cursor N"; NULL-terminated */
    int dir_fd;              /* where the text lies while it is shown; borrowed, kept */
    uint64_t (*size)(void *arg);
    uint64_t (*first)(void *arg); /* the oldest byte kept */
    uint64_t (*cursor)(void *arg, uint64_t offset);
    void *arg;
};

struct history *history_new(struct app *app, const struct history_spec *spec);
/* While none of its pagers is open. NULL is fine. */
void history_free(struct history *h);
/* Opens the pager, which is at the log's end once that has been printed; `searching`: it begins
 * with asking what to look for. */
void history_open(struct history *h, bool searching);

#endif
