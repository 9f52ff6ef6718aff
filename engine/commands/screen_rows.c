/* engine/commands/screen_rows.c: what screen_to_json() gives. */
#include "engine/commands/screen_rows.h"

static const struct result_spec cursor_rows[] = {
    RES_INT("row", .help = "From 0"),
    RES_INT("col", .help = "From 0"),
    RES_BOOL("visible"),
    RES_END,
};

const struct result_spec screen_rows[] = {
    RES_STRINGS("rows"),
    RES_OBJECT("cursor", cursor_rows),
    RES_STR("title"),
    RES_END,
};
