/*
 * A list in parts: --limit and --cursor. A cursor says after which entry the next part begins, not
 * how many came before: what appears or disappears meanwhile neither repeats nor hides any other.
 */
#ifndef PYRO_CMD_PAGE_H
#define PYRO_CMD_PAGE_H

#include "engine/cmd/io.h"
#include "engine/cmd/spec.h"

struct page_args {
    int64_t limit; /* ARG_UNSET: all */
    const char *cursor;
};

/* For a command's struct with a member `page`. */
#define ARG_PAGE_ROWS(S)                                                                           \
    { ARG_ROW_NAMED_("limit", S, page.limit, ARG_TYPE_INT, int64_t),                               \
      .agent = "",                                                                                 \
      .min = 1,                                                                                    \
      .max = INT32_MAX,                                                                            \
      .def = ARG_UNSET,                                                                            \
      .help = "At most this many entries" },                                                       \
        { ARG_ROW_NAMED_("cursor", S, page.cursor, ARG_TYPE_STR, const char *), .agent = "",       \
          .help = "Where to continue: the next_cursor of the last answer" }
#define RES_PAGE_ROWS                                                                              \
    RES_BOOL("truncated", .help = "There are more, beyond --limit"),                               \
        RES_STR("next_cursor", .nullable = true, .help = "Null when there are no more")

/* The order of a list's entries, and how they are told apart. */
struct page_order {
    /* The cursor of an entry, new. */
    char *(*cursor_of)(const json_t *entry);
    /* Whether the entry comes after the cursor. */
    bool (*is_after)(const json_t *entry, const char *cursor);
    bool (*check)(const char *cursor, struct pyro_error *err); /* whether it is one */
};

/*
 * Cuts result[list], which is in that order, down to the part that was asked for, and adds
 * next_cursor and truncated; a `count` is that of the part. A part does not end with an entry whose
 * cursor has a secret in it: it could not be given back. Takes the result (NULL: it failed before),
 * and returns it.
 */
json_t *page_cut(json_t *result, const char *list, const struct page_args *page,
                 const struct page_order *order, const struct cmd_io *io,
                 struct pyro_error *err) MUST_CHECK;
/* Tells people, after the list, that there are more. */
void page_show(const json_t *result, FILE *out);

#endif
