/*
 * A row of the files of a workspace: an entry of `workspace file list` or `workspace disk list`, to
 * which its change since the workspace was created is added.
 */
#ifndef PYRO_TUI_FILE_ROW_H
#define PYRO_TUI_FILE_ROW_H

#include "tui/columns.h"
#include "vmm/base/json.h"

extern const struct column file_row_columns[];

/* Of a directory's row, what is in it, too: "" for nothing. Borrowed. */
const char *file_row_change(const json_t *row);
const char *file_row_path(const json_t *row);
/* The last part of its path, as it is shown: into ret, which is returned. */
const char *file_row_title(const json_t *row, char *ret, size_t size);
bool file_row_is_directory(const json_t *row);
bool file_row_is_link(const json_t *row);
/* Whether it is neither of these, nor a file: a device, a socket or a FIFO. */
bool file_row_is_other(const json_t *row);
/* Whether it was deleted: then nothing is there. */
bool file_row_is_deleted(const json_t *row);

/*
 * The rows of a directory, new, directories first: its entries, and what was deleted in it.
 * `changes`: the entries of `workspace diff`; NULL: not known.
 */
json_t *file_rows(const char *directory, const json_t *entries, const json_t *changes);

#endif
