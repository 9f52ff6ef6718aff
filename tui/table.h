/* The columns of the list of workspaces: as many as there is room for. */
#ifndef PYRO_TUI_TABLE_H
#define PYRO_TUI_TABLE_H

#include "tui/draw.h"
#include "tui/order.h"

#define TABLE_COLUMNS 12

struct table {
    const struct model *model;
    bool shown[TABLE_COLUMNS];
    int widths[TABLE_COLUMNS];
    enum order order; /* its column's head is accented */
    double now;
};

/* Chooses the columns for this width; `services`: any workspace shown has one. */
void table_fit(struct table *t, int width, bool services, bool labels);
void table_draw_head(const struct table *t, WINDOW *win, int row);
/* `line`: how the whole row looks, ROLE_SELECTED for example. */
void table_draw_row(const struct table *t, WINDOW *win, int row, int width,
                    struct watched_workspace *w, enum role line);
/* The colour of a state. */
enum role table_state_role(enum workspace_state state);

#endif
