/* engine/shell/redraw.c: a stretch of the log, filtered, up to a place. */
#include "engine/shell/redraw.h"

#include <stdlib.h>

#include "engine/shell/own_terminal.h"
#include "engine/state/shell_notes.h"
#include "vmm/base/fs.h"

/* The stretch that the notes are about, which ends with the window. */
static bool put_stretch(const char *bytes, size_t n, const struct shell_notes *notes,
                        struct replay *replay, struct track *track, struct buf *out)
{
    size_t at = 0;

    track_init(track, notes->start, NULL, NULL);
    track_resume(track, notes->alt_screen, 0);
    if ((notes->alt_screen && !buf_append_str(out, OWN_TERMINAL_ALTERNATE_ON)) ||
        !buf_append_str(out, "\x1b[H\x1b[2J"))
        return false;
    for (size_t i = 0; i <= notes->exit_count; i++) {
        size_t end = i < notes->exit_count && notes->exits[i] < n ? notes->exits[i] : n;
        if (!replay_feed(replay, bytes + at, end - at, out))
            return false;
        track_feed(track, bytes + at, end - at);
        at = end;
        if (i == notes->exit_count || !track->alternate)
            continue;
        track_set_alternate(track, false);
        if (!buf_append_str(out, OWN_TERMINAL_ALTERNATE_OFF))
            return false;
    }
    return true;
}

bool redraw_shell(const struct redraw *d, struct replay *replay, struct track *track,
                  struct buf *out, struct pyro_error *err)
{
    scoped_free char *bytes = malloc(REDRAW_BYTES);
    struct shell_window window = { .bytes = bytes, .at = d->first };
    struct shell_notes notes;
    size_t start;
    ssize_t n;
    bool ok;

    if (!bytes)
        return pyro_no_memory(err, "drawing a shell");
    if (d->to > d->first + REDRAW_BYTES)
        window.at = d->to - REDRAW_BYTES;
    n = fs_pread_full(d->log_fd, bytes, (size_t)(d->to - window.at), (off_t)window.at);
    if (n < 0)
        return pyro_fail_errno(err, "read the log of shell '%s'", d->shell);
    window.size = (size_t)n;
    if (!shell_notes_load_screen(d->workspace_fd, d->shell, window, &start, &notes, err))
        return false;
    ok = put_stretch(bytes + start, window.size - start, &notes, replay, track, out);
    shell_notes_release(&notes);
    return ok || pyro_no_memory(err, "drawing a shell");
}
