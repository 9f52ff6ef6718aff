/* All that is known about one workspace, in a framed pane: the list's second one. */
#ifndef PYRO_TUI_DETAILS_H
#define PYRO_TUI_DETAILS_H

#include "tui/details_list.h"
#include "tui/details_text.h"
#include "tui/preview.h"

enum details_tab { TAB_PREVIEW, TAB_FACTS, TAB_CHANGES, TAB_LOG, TAB_FILES, TAB_COUNT };

struct details {
    struct details_list list; /* shells and services */
    struct service_log *log;
    struct preview preview;
    struct details_text text;
    enum details_tab tab; /* with the focus: the facts, which are what can be chosen from */
    bool focused;
    struct area area; /* where it was drawn last; no rows: it was not */
    struct {
        int from, to; /* columns of the upper line */
    } tabs[TAB_COUNT];
};

void details_init(struct details *d, struct app *app);
void details_release(struct details *d);
void details_draw(struct details *d, WINDOW *win, struct area a, struct watched_workspace *w,
                  double now);
/* Another tab, `by` further. */
void details_turn(struct details *d, int by);
/* Nothing of it runs until it is drawn again. */
void details_pause(struct details *d);
/* A press on the name of a tab shows that one; true: it was. */
bool details_click_tab(struct details *d, const struct key_event *e);
/* Whether a mouse event was on it. */
bool details_hit(const struct details *d, const struct key_event *e);
/* Something to open is under the cursor. */
bool details_can_open(const struct details *d, const struct watched_workspace *w);
/* Watches the shell, or shows the service's log. */
void details_open(struct details *d, const struct watched_workspace *w);
/* Something that runs is under the cursor. */
bool details_can_end(const struct details *d, const struct watched_workspace *w);
/* Closes the shell, or stops the service, after a question. */
void details_end(struct details *d, const struct watched_workspace *w);

#endif
