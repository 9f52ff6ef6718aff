/* engine/shell/shell_notes.c: events, gathered for a stretch of the log. */
#include "engine/shell/shell_notes.h"

#include <stdlib.h>

static void note_resize(struct shell_notes *k, const struct shell_event *e)
{
    if (e->offset <= k->start) {
        k->cols = e->cols;
        k->rows = e->rows;
        return;
    }
    if (e->offset > k->end)
        return;
    if (k->resize_count == k->resize_room) {
        size_t room = k->resize_room ? 2 * k->resize_room : 16;
        struct plain_resize *more = reallocarray(k->resizes, room, sizeof(*more));
        if (!more) {
            k->no_memory = true;
            return;
        }
        k->resizes = more;
        k->resize_room = room;
    }
    k->resizes[k->resize_count++] = (struct plain_resize){ .offset = (size_t)(e->offset - k->start),
                                                           .rows = e->rows,
                                                           .cols = e->cols };
}

static void note_event(void *arg, const struct shell_event *e)
{
    struct shell_notes *k = arg;

    switch (e->type) {
    case EVENT_RESIZE:
        note_resize(k, e);
        break;
    case EVENT_ALT:
        if (e->offset <= k->start)
            k->alt_screen = e->on;
        if (e->offset <= k->end)
            k->alt_at_end = e->on;
        break;
    case EVENT_STRING:
        if (e->from < k->start)
            k->in_string = e->kind;
        break;
    case EVENT_STRING_END:
        if (e->offset <= k->start)
            k->in_string = 0;
        break;
    case EVENT_INPUT:
    case EVENT_END:
        break;
    }
}

void shell_notes_release(struct shell_notes *k)
{
    free(k->resizes);
    k->resizes = NULL;
    k->resize_count = k->resize_room = 0;
}

bool shell_notes_load(int workspace_fd, const char *id, uint64_t start, uint64_t end,
                      struct shell_notes *ret, struct pyro_error *err)
{
    *ret = (struct shell_notes){ .start = start, .end = end, .cols = 80, .rows = 24 };
    if (shell_events_each(workspace_fd, id, note_event, ret, err) && !ret->no_memory)
        return true;
    if (ret->no_memory)
        pyro_fail(err, PYRO_NO_MEMORY, "reading a shell: out of memory");
    shell_notes_release(ret);
    return false;
}

struct plain_options shell_notes_options(const struct shell_notes *k, bool ended)
{
    return (struct plain_options){ .rows = k->rows,
                                   .cols = k->cols,
                                   .resizes = k->resizes,
                                   .resize_count = k->resize_count,
                                   .alt_screen = k->alt_screen,
                                   .in_string = k->in_string,
                                   .ended = ended };
}
