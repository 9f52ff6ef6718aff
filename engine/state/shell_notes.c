/* engine/state/shell_notes.c: events, gathered for a stretch of the log. */
#include "engine/state/shell_notes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/term/screen.h"
#include "vmm/base/array.h"

static void note_resize(struct shell_notes *k, const struct shell_event *e)
{
    struct plain_resize *more;

    if (e->offset <= k->start) {
        k->cols = e->cols;
        k->rows = e->rows;
        return;
    }
    if (e->offset > k->end)
        return;
    more = array_grown(k->resizes, sizeof(*k->resizes), k->resize_count, &k->resize_room);
    if (!more) {
        k->no_memory = true;
        return;
    }
    k->resizes = more;
    k->resizes[k->resize_count++] = (struct plain_resize){ .offset = (size_t)(e->offset - k->start),
                                                           .rows = e->rows,
                                                           .cols = e->cols };
}

static void shell_notes_on_event(void *arg, const struct shell_event *e)
{
    struct shell_notes *k = arg;

    switch (e->type) {
    case EVENT_RESIZE:
        note_resize(k, e);
        break;
    case EVENT_ALT:
        if (e->offset <= k->end && !alt_notes_add(&k->alternations, e->offset, e->on))
            k->no_memory = true;
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
    free(k->exits);
    k->exits = NULL;
    k->exit_count = 0;
    alt_notes_release(&k->alternations);
}

/* ---- the log itself ---- */

/* The state at one place. */
struct place {
    uint64_t offset;
    bool alternate;
    char in_string;
};

static void shell_notes_on_track(void *user, const struct track_event *e)
{
    struct place *p = user;

    switch (e->kind) {
    case TRACK_ALT_ENTER:
    case TRACK_ALT_EXIT:
        if (e->offset <= p->offset)
            p->alternate = e->kind == TRACK_ALT_ENTER;
        break;
    case TRACK_STRING_START:
        if (e->offset < p->offset)
            p->in_string = e->string_kind;
        break;
    case TRACK_STRING_END:
        if (e->offset <= p->offset)
            p->in_string = 0;
        break;
    case TRACK_QUERY:
    case TRACK_NOTICE:
        break;
    }
}

/* Whether later bytes can still change the answer: a string that began earlier may grow long, and
 * one that ends there may not end. */
static bool is_open(const struct track *t, const struct place *p)
{
    return !track_is_settled(t) && t->offset < p->offset + VT_SEQUENCE_MAX + 2;
}

static bool look_at(int log_fd, const struct shell_state *from, const struct alt_notes *notes,
                    struct place *p, struct pyro_error *err)
{
    struct shell_state s = *from;
    off_t data = s.offset ? -1 : lseek(log_fd, 0, SEEK_DATA);
    struct alt_notes none = { 0 };
    uint64_t before;
    struct track t;

    if (data > 0) /* an older pyro's log, whose head is a hole */
        s.offset = (uint64_t)data < p->offset ? (uint64_t)data : p->offset;
    p->alternate = s.alternate;
    p->in_string = s.in_string;
    shell_state_resume(&t, &s, shell_notes_on_track, p);
    if (!shell_state_scan(log_fd, &t, p->offset, notes, err))
        return false;
    do {
        before = t.offset;
        if (is_open(&t, p) && !shell_state_scan(log_fd, &t, before + 1, &none, err))
            return false;
    } while (t.offset != before);
    return true;
}

static bool gather_exits(struct shell_notes *k)
{
    k->exits = calloc(k->alternations.count + 1, sizeof(*k->exits));
    for (size_t i = 0; k->exits && i < k->alternations.count; i++) {
        const struct alt_note *note = &k->alternations.items[i];
        if (!note->on && note->offset > k->start)
            k->exits[k->exit_count++] = (size_t)(note->offset - k->start);
    }
    return k->exits != NULL;
}

static bool find(int log_fd, int states_fd, const struct shell_notes *k, struct place *p,
                 struct pyro_error *err)
{
    struct shell_state last;

    shell_state_before(states_fd, p->offset, &last);
    return look_at(log_fd, &last, &k->alternations, p, err);
}

static bool load(int workspace_fd, const char *id, int log_fd, int states_fd, struct shell_notes *k,
                 struct pyro_error *err)
{
    struct place start = { .offset = k->start }, cursor = { .offset = k->cursor };
    struct place end = { .offset = k->end };
    struct shell_event_range range = SHELL_EVENTS_ALL;
    struct shell_state from, to;

    shell_state_before(states_fd, k->start, &from);
    range.from = from.events_at;
    if (k->end != UINT64_MAX && shell_state_after(states_fd, k->end, &to))
        range.to = to.events_end;
    k->cols = from.cols;
    k->rows = from.rows;
    if (!shell_events_between(workspace_fd, id, range, shell_notes_on_event, k, err))
        return false;
    if (k->no_memory)
        return pyro_no_memory(err, "reading a shell");
    if (!look_at(log_fd, &from, &k->alternations, &start, err))
        return false;
    if (!gather_exits(k))
        return pyro_no_memory(err, "reading a shell");
    k->alt_screen = start.alternate;
    k->in_string = start.in_string;
    k->alt_at_cursor = start.alternate;
    if (k->cursor != k->start) {
        if (!find(log_fd, states_fd, k, &cursor, err))
            return false;
        k->alt_at_cursor = cursor.alternate;
    }
    if (k->end == UINT64_MAX)
        return true;
    if (!find(log_fd, states_fd, k, &end, err))
        return false;
    k->alt_at_end = end.alternate;
    return true;
}

bool shell_notes_load(int workspace_fd, const char *id, uint64_t start, uint64_t end,
                      struct shell_notes *ret, struct pyro_error *err)
{
    const struct shell_stretch stretch = { .start = start, .cursor = start, .end = end };

    return shell_notes_load_around(workspace_fd, id, stretch, ret, err);
}

bool shell_notes_load_around(int workspace_fd, const char *id, struct shell_stretch stretch,
                             struct shell_notes *ret, struct pyro_error *err)
{
    scoped_close int log_fd = shell_open_file(workspace_fd, id, "log", O_RDONLY, err);
    scoped_close int states_fd =
        log_fd < 0 ? -1 : shell_open_file(workspace_fd, id, "states", O_RDONLY, NULL);

    *ret = (struct shell_notes){ .start = stretch.start,
                                 .cursor = stretch.cursor,
                                 .end = stretch.end };
    if (log_fd >= 0 && load(workspace_fd, id, log_fd, states_fd, ret, err))
        return true;
    shell_notes_release(ret);
    return false;
}

bool shell_notes_load_screen(int workspace_fd, const char *id, struct shell_window window,
                             size_t *ret_from, struct shell_notes *ret, struct pyro_error *err)
{
    size_t from = screen_find_start(window.bytes, window.size);
    uint64_t end = window.at + window.size;

    if (!shell_notes_load(workspace_fd, id, window.at + from, end, ret, err))
        return false;
    if (ret->exit_count) { /* an alternate screen that began there is over: the main one counts */
        shell_notes_release(ret);
        from = screen_look_back(window.size);
        if (!shell_notes_load(workspace_fd, id, window.at + from, end, ret, err))
            return false;
    }
    *ret_from = from;
    return true;
}

struct plain_options shell_notes_options(const struct shell_notes *k, bool ended)
{
    return (struct plain_options){ .rows = k->rows,
                                   .cols = k->cols,
                                   .resizes = k->resizes,
                                   .resize_count = k->resize_count,
                                   .exits = k->exits,
                                   .exit_count = k->exit_count,
                                   .alt_screen = k->alt_screen,
                                   .in_string = k->in_string,
                                   .from = (size_t)(k->cursor - k->start),
                                   .alt_from = k->alt_at_cursor,
                                   .ended = ended };
}
