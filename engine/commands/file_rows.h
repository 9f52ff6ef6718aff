/* Shared by the commands about files. */
#ifndef PYRO_COMMANDS_FILE_ROWS_H
#define PYRO_COMMANDS_FILE_ROWS_H

#include "engine/cmd/page.h"
#include "engine/cmd/spec.h"

#define ARG_WORKSPACE_PATH(S, F, ...)                                                              \
    { ARG_ROW_(S, F, ARG_TYPE_STR, const char *), .positional = true, .metavar = "PATH",           \
      __VA_ARGS__ }

/* "file", "directory", … */
extern const char *const artifact_types[];
/* One entry of a list. */
extern const struct row_spec file_entry_rows[];
extern const struct row_spec file_list_result[]; /* of a listing */
extern const struct page_order file_list_order;  /* of its entries */

/* The human form of a list: path, recursive and entries. */
void file_list_show(const json_t *list, FILE *out);

#endif
