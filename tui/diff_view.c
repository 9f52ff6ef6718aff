/* tui/diff_view.c: the diff of a workspace in a pager: the changed files first, then the patch. */
#include "tui/diff_view.h"

#include <stdlib.h>
#include <string.h>

#include "engine/cmd/text.h"
#include "tui/job.h"
#include "tui/pager.h"
#include "vmm/base/fs.h"

#define FILE_LINE "diff --git "

static bool starts(const char *line, size_t n, const char *with)
{
    return n >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

static enum role role_of(const char *line, size_t n)
{
    if (starts(line, n, "@@ "))
        return ROLE_ACCENT;
    if (starts(line, n, FILE_LINE) || starts(line, n, "--- ") || starts(line, n, "+++ "))
        return ROLE_KEY;
    return n && *line == '+'   ? ROLE_GOOD
           : n && *line == '-' ? ROLE_BAD
           : n && *line == ' ' ? ROLE_TEXT
                               : ROLE_DIM;
}

/* One changed file: what happened to it, its path, and the lines that its patch adds and takes
 * away. */
static void put_entry(struct buf *to, const json_t *entry)
{
    const char *patch = json_string_or(entry, "text_patch", NULL);
    const char *old = json_string_or(entry, "old_mode", NULL),
               *new = json_string_or(entry, "new_mode", NULL);
    size_t added = 0, deleted = 0;
    bool in_hunk = false, ok;

    for (const char *line = patch; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        in_hunk |= !strncmp(line, "@@ ", 3);
        added += in_hunk && *line == '+';
        deleted += in_hunk && *line == '-';
    }
    ok = buf_printf(to, " %-12s ", json_string_or(entry, "status", "")) &&
         text_escape(to, json_string_or(entry, "path", ""));
    if (added || deleted)
        ok = ok && buf_printf(to, "  +%zu -%zu", added, deleted);
    else if (!patch)
        ok = ok && buf_printf(to, "  (%s, no text)", json_string_or(entry, "artifact_type", ""));
    if (old && new &&strcmp(old, new) != 0)
        ok = ok && buf_printf(to, "  mode %s → %s", old, new);
    BUG_ON(!ok || !buf_append(to, "\n", 1));
}

static void show(void *arg, const struct job_end *end)
{
    struct app *app = arg;
    const json_t *summary = json_object_get(end->result, "summary"),
                 *entries = json_object_get(end->result, "entries"),
                 *patch = json_object_get(end->result, "patch");
    struct watched_workspace *w =
        model_find(app->model, json_string_or(end->result, "workspace_id", ""));
    struct pager_spec spec = { .role = role_of, .section = FILE_LINE };
    scoped_buf text = BUF_INIT(2 * PAGER_TEXT_MAX);
    scoped_free char *title = NULL;

    if (!end->ok || !w)
        return;
    if (!json_array_size(entries)) {
        app_message(app, ROLE_GOOD, "%s: nothing has changed since it was created", model_name(w));
        return;
    }
    title = str_printf(
        "diff of %s: %lld added, %lld modified, %lld deleted", model_name(w),
        (long long)json_int_or(summary, "added", 0),
        (long long)(json_int_or(summary, "modified", 0) + json_int_or(summary, "type_changed", 0)),
        (long long)json_int_or(summary, "deleted", 0));
    for (size_t i = 0; i < json_array_size(entries); i++)
        put_entry(&text, json_array_get(entries, i));
    BUG_ON(!buf_append(&text, "\n", 1) ||
           !buf_append(&text, json_string_value(patch), json_string_length(patch)));
    spec.title = title;
    spec.note = text.len > PAGER_TEXT_MAX ? "only its beginning" : NULL;
    spec.len = text.len < PAGER_TEXT_MAX ? text.len : PAGER_TEXT_MAX;
    spec.text = buf_take(&text);
    pager_open(app, &spec);
}

void diff_view_open(struct app *app, const struct watched_workspace *w)
{
    const char *const argv[] = { "workspace", "diff", w->record.id, NULL };
    scoped_free char *what = str_printf("diff of %s", model_name(w));

    job_start(app, what, argv, false, show, app);
}
