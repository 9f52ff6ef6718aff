/*
 * A workspace's shells, the newest first, and its services below them: one list with a cursor that
 * shows while the pane has the focus. Services are read again when inotify tells of a change.
 */
#ifndef PYRO_TUI_DETAILS_LIST_H
#define PYRO_TUI_DETAILS_LIST_H

#include "tui/area.h"
#include "tui/list.h"
#include "tui/model.h"
#include "tui/theme.h"
#include "vmm/base/json.h"

struct details_list {
    struct app *app;
    struct file_watch *watch; /* of the services of all workspaces shown so far; or NULL */
    char workspace_id[WORKSPACE_ID_LENGTH + 1];
    size_t shell_count;
    json_t *services;
    bool stale;                 /* they are to be read again */
    struct list entries, lines; /* what the cursor moves over; the same with headings */
    char at[80];                /* the entry that the cursor is on: "s ID" or "v NAME" */
    int top, left, width;       /* where it was drawn last */
};

void details_list_init(struct details_list *l, struct app *app);
void details_list_release(struct details_list *l);
/* Lists this workspace from now on. */
void details_list_look(struct details_list *l, const struct watched_workspace *w);
/* The services may have changed. */
void details_list_stale(struct details_list *l);
/* Lines that it needs, headings included. */
int details_list_rows(const struct details_list *l);
void details_list_draw(struct details_list *l, WINDOW *win, struct area a,
                       const struct watched_workspace *w, bool focused);
/* The shell or the service that the cursor is on; NULL for the other. */
const struct watched_shell *details_list_shell(const struct details_list *l,
                                               const struct watched_workspace *w);
const json_t *details_list_service(const struct details_list *l);
void details_list_step(struct details_list *l, enum list_step step);
enum list_hit details_list_mouse(struct details_list *l, const struct key_event *e);

#endif
