/*
 * The one painter of tables: a row for each column has its title, its width and rank, what is in
 * its cells, and the key when a table can be sorted by it. A table shows the columns that there is
 * room for.
 */
#ifndef PYRO_TUI_COLUMNS_H
#define PYRO_TUI_COLUMNS_H

#include "tui/draw.h"
#include "tui/list.h"
#include "vmm/base/json.h"

#define COLUMNS_MAX 20

struct columns;

/* A cell's text and how it looks; the note comes right behind it, dim. Both may be foreign. */
struct cell {
    enum role role;
    char text[512], note[256];
};

struct column {
    const char *title; /* NULL ends the columns */
    int width;
    bool right; /* at the right of its width */
    int indent; /* blanks before it, beside the one that is between columns */
    int rank;   /* those with the highest go first when there is no room; 0: never */
    /*
     * It may be up to `grow` wider, as far as what it shows needs that: of the room that is left it
     * gets one part in `part` first, and more when the others need less, in the columns' order.
     */
    int part, grow;
    bool shrinks; /* to what it shows, when that is less than its width */
    /* It is shown only when some row has something for it; NULL: always. */
    bool (*has)(const void *row);
    bool dull;   /* it is not shown while all of several rows have the same in it */
    bool search; /* a filter's word without a key is looked for in it */
    /* ret is zeroed; NULL: it is never shown, the table is only sorted by it. */
    void (*cell)(const struct columns *t, void *row, struct cell *ret);
    /* What a filter looks at instead of the cell's text. */
    void (*searched)(const struct columns *t, void *row, struct cell *ret);
    /* The name of sorting by it; NULL: not possible. The larger the key the higher up; without a
     * key the rows' names decide. */
    const char *order;
    double (*key)(const void *owner, const void *row);
    bool unseen; /* the key needs figures that are otherwise read for visible rows only */
};

struct columns {
    const struct column *all;
    const void *owner; /* whatever cells and keys need besides the row */
    double now;        /* clock_wall() */
    int sorted;        /* the column that the table is sorted by, which is marked; -1: none */
    bool reversed;     /* … the other way round */
    bool shown[COLUMNS_MAX];
    int widths[COLUMNS_MAX];
};

/* Chooses the columns for this width, from the rows there are. */
void columns_fit(struct columns *t, int width, void *const *rows, size_t count);
/* All of a list in sight, with its scroll bar, in a place at the left of the window; its rows are
 * objects. */
void columns_draw_json(struct columns *t, WINDOW *win, const struct area *place,
                       const struct list *l, const json_t *rows);
/* The titles, in a row of the window; after either of these. A column of one sign has no room for
 * its own. */
void columns_draw_head(const struct columns *t, WINDOW *win, int row);
/* The column that is drawn at a window's column; -1: none. */
int columns_at(const struct columns *t, int col);
/* `line`: how the whole row looks, ROLE_SELECTED for example. */
void columns_draw_row(const struct columns *t, WINDOW *win, int row, void *of, enum role line);

#endif
