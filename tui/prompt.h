/*
 * What all screens have that ask for something typed: they stay open, with what was typed, until it
 * has done what it was typed for. What is wrong with it is said beside it.
 *
 * A prompt that runs a command for longer than a moment gets out of the way; should the command
 * fail, it is back, if the operator is still where it was asked.
 */
#ifndef PYRO_TUI_PROMPT_H
#define PYRO_TUI_PROMPT_H

#include "tui/app.h"
#include "tui/job.h"

/* The beginning of such a screen's struct. */
struct prompt {
    struct screen screen;
    void *arg; /* of what it was asked for */
    void (*free_arg)(void *arg);
    struct prompt_run *run; /* the command; NULL: none runs */
    char why[400];          /* what is wrong; "": nothing is known to be */
};

/* One of these three answers to what was typed. */

/* It is over; the caller gets its arg. */
void *prompt_close(struct prompt *p);
void prompt_refuse(struct prompt *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* It is over when this command has gone well: as job_start() has it. */
void prompt_start(struct prompt *p, const char *what, const char *const *argv, job_done_fn *done,
                  void *arg);

/* Whether something may be sent: nothing is on its way. Says so otherwise. */
bool prompt_can_send(struct prompt *p);
/* What was typed has changed. */
void prompt_changed(struct prompt *p);
/* The rows that the line below the fields takes, and that line: why not, or how far it is. */
int prompt_rows(const struct prompt *p, int cols);
void prompt_draw(const struct prompt *p, WINDOW *win, struct area a);
void prompt_release(struct prompt *p);

#endif
