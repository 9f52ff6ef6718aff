/* The table of workspaces: its columns, and its order, which is by one of them. */
#ifndef PYRO_TUI_TABLE_H
#define PYRO_TUI_TABLE_H

#include "tui/columns.h"
#include "tui/model.h"

/* The cells' owner is the model. An order is the number of a column; 0 is by activity, the most
 * recent first. */
extern const struct column table_columns[];
/* The next one, wrapping around. */
int table_next_order(int order);
void table_sort(const struct model *m, struct watched_workspace **rows, size_t count, int order,
                bool reversed);
void table_sort_by_name(struct watched_workspace **rows, size_t count);
/* The values of its labels, which say what it is for; `whole`: with the keys. */
void table_join_labels(const struct watched_workspace *w, bool whole, char *ret, size_t size);
/* How it is in one word, as the column STATE has it. */
const char *table_state_word(const struct watched_workspace *w, enum role *ret_role);

#endif
