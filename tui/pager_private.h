/*
 * Shared by the parts of the pager: its life and work (pager.c), what keys do (pager_keys.c), where
 * in the text it is (pager_place.c), and how it looks (pager_paint.c).
 */
#ifndef PYRO_TUI_PAGER_PRIVATE_H
#define PYRO_TUI_PAGER_PRIVATE_H

#include "tui/field.h"
#include "tui/pager.h"
#include "tui/pager_text.h"

#define PAGER_NONE ((size_t)-1)

/* What is typed into the last row. */
enum pager_typing {
    PAGER_TYPES_NOTHING,
    PAGER_TYPES_SEARCH,
    PAGER_TYPES_FILTER,
    PAGER_TYPES_SINCE
};

/* What is shown once a text is there, or other lines of it are. */
enum pager_goal {
    PAGER_GOAL_USUAL, /* its end, or its beginning: as the spec says */
    PAGER_GOAL_TOP,
    PAGER_GOAL_FROM_END, /* the same line, counted from the end */
    PAGER_GOAL_LINE      /* … from the beginning */
};

/* A row of the text: of a line, or, where lines are wrapped, of its rows. */
struct pager_place {
    size_t line;
    int row;
};

struct pager {
    struct screen screen;
    struct pager_spec spec;
    char *title, *note;
    struct pager_text text;
    bool indexing;   /* the text is being looked through for its lines: nothing is shown yet */
    bool filled;     /* a text was there */
    bool missing;    /* the text could not be read */
    bool look_later; /* … and then searched */
    struct pager_search look; /* under way while `wanted` is set */
    pager_wanted_fn *wanted;
    const char *pattern;
    bool resume; /* it goes on, so many lines from the end, once what is above is read */
    size_t look_from_end;
    bool since_later;           /* the same for the search for a time */
    struct loop_deferred slice; /* of any work */
    struct pager_place first;
    enum pager_goal goal;
    size_t goal_line; /* of all, or so many before the end */
    size_t
        found;   /* the line gone to last, which may be below the first; PAGER_NONE once scrolled */
    int left;    /* columns that are scrolled away */
    bool wrap;   /* long lines go on in the next row */
    bool times;  /* times are shown … */
    bool dated;  /* … with their dates */
    bool follow; /* what comes is read, and its end shown */
    struct loop_timer follow_timer;
    int64_t asked_ms, reading_ms; /* when a text was asked for, and how long the last one took */
    struct field search, filter, since;
    bool backward;        /* the search's own direction: upwards, else downwards */
    bool forced_backward; /* … because it was asked for so */
    enum pager_typing typing;
    bool refused;   /* what is typed there is no time */
    int typed_col;  /* where that is drawn */
    bool selecting; /* lines from `anchor` to `point` are selected */
    size_t anchor, point;
    char since_text[32]; /* the first time wanted, as in the text */
};

/* The field that is typed into; NULL: none. */
struct field *pager_typed(struct pager *p);
/* Whether there is more above than was read. */
bool pager_has_older(const struct pager *p);
/* Asks for it: for all of it if the goal is the top, or a search is under way. */
void pager_read_older(struct pager *p, enum pager_goal goal);
/* Asks for the text again, with what has come. */
void pager_ask(struct pager *p);
/* Goes on with the work under way, for a moment. */
void pager_work(struct pager *p);
/* Begins to search for what was typed; for the time in since_text. */
void pager_search(struct pager *p);
void pager_search_since(struct pager *p);
/* To the next line, or the one before, that is wanted. */
void pager_go_on(struct pager *p, bool backward, pager_wanted_fn *wanted, const char *pattern);
pager_wanted_fn *pager_wanted_line(const struct pager *p);
/* Shows only the lines that hold the filter's text, or all if that is "". */
void pager_filter(struct pager *p);

extern const struct key_binding pager_keys[];
bool pager_event(struct screen *s, const struct key_event *e);
bool pager_captures(struct screen *s);

/* How many rows there are for the text, and how wide they are. */
int pager_rows(const struct pager *p);
int pager_cols(const struct pager *p);
/* Columns of the times beside it. */
int pager_time_cols(const struct pager *p);
/* Keeps the place in the text. */
void pager_fit(struct pager *p);
void pager_go_to(struct pager *p, size_t line);
void pager_scroll(struct pager *p, long rows);
void pager_go_to_end(struct pager *p);
/* Whether the last line is in sight, or would be in one row more. */
bool pager_is_at_end(const struct pager *p);
/* The line in a row of the place; or PAGER_NONE. */
size_t pager_line_in_row(const struct pager *p, int row);
int pager_line_rows(const struct pager *p, size_t line);

/* Draws all of it. */
void pager_paint(struct pager *p, WINDOW *win);
/* A line's text as it is shown, without what its colours are made of; `plain` has room for
 * PAGER_LINE_MAX bytes, `looks`, which may be NULL, for as many looks. */
struct pager_line;
void pager_take_line(const struct pager *p, size_t at, struct pager_line *ret, char *plain,
                     uint64_t *looks);

#endif
