/* engine/commands/screen_rows.c: the members that screen_to_json() gives. */
#include "engine/commands/screen_rows.h"

static const struct row_spec cursor_rows[] = {
    RES_INT("row", .help = "From 0"),
    RES_INT("col", .help = "From 0"),
    RES_BOOL("visible"),
    ROW_END,
};

const struct row_spec screen_rows[] = {
    RES_STRINGS("rows"),
    RES_OBJECT("cursor", cursor_rows),
    RES_STR("title"),
    ROW_END,
};
