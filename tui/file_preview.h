/*
 * The beginning of a text file of a workspace, in a pane beside the list: read a moment after its
 * row was chosen, and again when another one is.
 */
#ifndef PYRO_TUI_FILE_PREVIEW_H
#define PYRO_TUI_FILE_PREVIEW_H

#include "tui/area.h"
#include "tui/job.h"

struct file_preview {
    struct app *app;
    char id[WORKSPACE_ID_LENGTH + 1];
    const char *source; /* "file" or "disk": whose command reads it */
    char *path;         /* NULL: of nothing */
    char *text;         /* NULL: not there yet */
    bool is_content;    /* the text is the file's, and not why there is none */
    struct job *job;
    struct loop_timer timer;
};

/* Zeroed is closed. */
void file_preview_close(struct file_preview *p);
/* It is read again when it is drawn next. */
void file_preview_refresh(struct file_preview *p);
/* Of a row (tui/file_row.h) of this workspace; NULL: of none. */
void file_preview_draw(struct file_preview *p, WINDOW *win, const struct area *place,
                       const json_t *row);

#endif
