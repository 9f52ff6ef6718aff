/* tui/command_output.c: by `workspace logs`, or by `workspace command read` while it runs. */
#include "tui/command_output.h"

#include <stdlib.h>
#include <string.h>

#include "engine/state/news.h"
#include "tui/history.h"
#include "tui/model.h"
#include "tui/output_view.h"
#include "vmm/base/fs.h"

/* Where its end is told, until somebody knows of it; NULL: nowhere. */
static const char *slot_of(const struct watched_workspace *w, const char *sequence)
{
    static const char *const slots[] = { NEWS_EXEC, NEWS_DETACHED };

    for (size_t i = 0; w && i < ARRAY_SIZE(slots); i++) {
        const json_t *source = json_object_get(json_object_get(w->record.news, slots[i]), "source");
        if (!strcmp(json_string_or(source, "id", ""), sequence))
            return slots[i];
    }
    return NULL;
}

void command_output_open(struct app *app, const char *workspace_id, int dir_fd,
                         const char *sequence, bool runs)
{
    const char *const ended[] = { "workspace", "logs",    workspace_id, "--cursor",
                                  sequence,    "--limit", "1",          NULL };
    const char *const running[] = { "workspace", "command",     "read",          workspace_id,
                                    sequence,    "--max-chars", HISTORY_LOG_MAX, NULL };
    const struct watched_workspace *w = model_find(app->model, workspace_id);
    scoped_free char *title = str_printf("output of command %s", sequence);
    scoped_free char *records = str_printf("%s/commands", w ? w->path : "");
    scoped_free char *log = str_printf("%s/%06lld.log", records, strtoll(sequence, NULL, 10));

    output_view_open(app, &(struct output_spec){ .title = title,
                                                 .argv = runs ? running : ended,
                                                 .dir_fd = dir_fd,
                                                 .grows = runs && w ? log : NULL,
                                                 .renames = records,
                                                 .views_workspace = workspace_id,
                                                 .views = slot_of(w, sequence) });
}
