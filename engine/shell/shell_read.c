/*
 * engine/shell/shell_read.c: one read of a shell's files.
 *
 * The order of looks makes it consistent without a lock: the record before the size (a shell that
 * has ended grows no more), the bytes before the notes about them, and the record's `first` once
 * more at the end, for what was punched out meanwhile came back as zeros.
 */
#include "engine/shell/shell_read.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/secret/hide.h"
#include "engine/secret/secrets.h"
#include "engine/shell/shell_times.h"
#include "engine/shell/shell_wait.h"
#include "engine/state/shell_cursor.h"
#include "engine/state/shell_notes.h"
#include "engine/term/sgr.h"
#include "engine/term/vtparse.h"
#include "vmm/base/fs.h"
#include "vmm/base/utf8.h"

/* Of the log's end, where a screen's start is looked for. */
#define SCREEN_WINDOW (4 * (uint64_t)SCREEN_LOOK_BACK)
#define PUNCHED_TRIES 16

void shell_reading_release(struct shell_reading *r)
{
    shell_record_release(&r->record);
    buf_release(&r->output);
    screen_release(&r->screen);
    *r = (struct shell_reading){ .cursor = 0 };
}

/* ---- how much ---- */

static size_t held_back(const char *s, size_t n, enum shell_rendering rendering, char in_string)
{
    return rendering == SHELL_PLAIN ? vtparse_held_back(s, n, in_string) : utf8_unfinished(s, n);
}

/*
 * Where a read from `from` on ends of the n bytes that are there. A sequence longer than max_chars
 * alone is taken whole all the same: a read that consumed nothing of what is complete would never
 * get on.
 */
static size_t measure(const char *s, size_t from, size_t n, const struct shell_read_spec *spec,
                      char in_string)
{
    size_t end = from + utf8_bytes_of_chars(s + from, n - from, spec->max_chars);

    while (end < n && end - held_back(s, end, spec->rendering, in_string) <= from)
        end++;
    return end;
}

/* ---- reading ---- */

struct log_view {
    int workspace_fd;
    const char *id; /* the shell's */
    int fd;
    uint64_t size;
    uint64_t at;      /* the offset of `bytes` */
    struct buf bytes; /* of the stretch that was read, and of what it needs before it */
};

static bool read_stretch(struct log_view *log, uint64_t from, uint64_t n, struct pyro_error *err)
{
    ssize_t got;

    log->at = from;
    buf_clear(&log->bytes);
    if (!buf_reserve(&log->bytes, (size_t)n))
        return pyro_no_memory(err, "reading a shell");
    got = fs_pread_full(log->fd, log->bytes.data, (size_t)n, (off_t)from);
    if (got < 0)
        return pyro_fail_errno(err, "read the log of shell '%s'", log->id);
    log->bytes.len = (size_t)got;
    return true;
}

/*
 * Rendering puts together what escape sequences and wrapped lines keep apart, so a secret that is
 * not in the log may be in the text. Colours may keep one apart, too: it is looked for without
 * them, and a text that has one loses them.
 */
static bool shell_read_hide_in_plain(void *user, struct buf *output, bool *ret_hidden,
                                     struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(SIZE_MAX / 2);
    struct buf out = BUF_INIT(SIZE_MAX / 2);

    *ret_hidden = false;
    if (!buf_append(&text, output->len ? output->data : "", output->len))
        return pyro_no_memory(err, "reading a shell");
    text.len = sgr_strip(text.data, text.len, text.data, NULL);
    if (!redact_text(user, text.data, text.len, false, &out)) {
        buf_release(&out);
        return pyro_no_memory(err, "reading a shell");
    }
    if (out.len == text.len && (!out.len || memcmp(out.data, text.data, out.len) == 0)) {
        buf_release(&out);
        return true;
    }
    buf_release(output);
    *output = out;
    *ret_hidden = true;
    return true;
}

static bool render_raw(const struct log_view *log, const struct shell_read_spec *spec,
                       struct shell_reading *ret, struct pyro_error *err)
{
    const char *bytes = log->bytes.len ? log->bytes.data : "";
    size_t n = measure(bytes, 0, log->bytes.len, spec, 0);
    struct shell_notes notes;

    ret->truncated = log->at + n < log->size;
    if (ret->record.running || ret->truncated)
        n -= utf8_unfinished(bytes, n);
    ret->next_cursor = log->at + n;
    if (!buf_append(&ret->output, bytes, n))
        return pyro_no_memory(err, "reading a shell");
    if (!shell_notes_load(log->workspace_fd, log->id, log->at, ret->next_cursor, &notes, err))
        return false;
    ret->alt_screen = notes.alt_at_end;
    shell_notes_release(&notes);
    return true;
}

/* The bytes begin before `start`, where the read begins: what it changes depends on them. */
static bool render_plain(const struct log_view *log, uint64_t start,
                         const struct shell_read_spec *spec, struct shell_reading *ret,
                         struct pyro_error *err)
{
    size_t skipped =
        log->bytes.len ? plain_find_start(log->bytes.data, (size_t)(start - log->at)) : 0;
    const char *bytes = log->bytes.len ? log->bytes.data + skipped : "";
    uint64_t at = log->at + skipped;
    const struct shell_stretch stretch = { at, start, log->at + log->bytes.len };
    size_t from = (size_t)(start - at), end;
    scoped_redactor *redactor = NULL;
    scoped_shell_times struct shell_times times = { 0 };
    struct plain_options options;
    struct plain_result plain;
    struct shell_notes notes;
    bool ok;

    if (spec->times &&
        !shell_times_load(log->workspace_fd, &ret->record,
                          (struct shell_event_range){ at, at + log->bytes.len }, &times, err))
        return false;
    if (!secrets_redactor_of(log->workspace_fd, &redactor, err) ||
        !shell_notes_load_around(log->workspace_fd, log->id, stretch, &notes, err))
        return false;
    end = measure(bytes, from, log->bytes.len - skipped, spec, notes.in_string);
    ret->truncated = at + end < log->size;
    options = shell_notes_options(&notes, !ret->record.running && !ret->truncated);
    options.colors = spec->colors;
    options.hide = redactor ? shell_read_hide_in_plain : NULL;
    options.hide_user = redactor;
    options.stamps = times.offsets;
    options.stamp_count = times.count;
    ok = plain_render(bytes, end, &options, &plain, err);
    shell_notes_release(&notes);
    if (!ok)
        return false;
    if (spec->times && !shell_times_put(&times, plain.stamp_lines, spec->in_line, &plain.text))
        ok = pyro_no_memory(err, "reading a shell");
    free(plain.stamp_lines);
    buf_release(&ret->output);
    ret->output = plain.text;
    ret->alt_screen = plain.alt_screen;
    ret->next_cursor = at + end - plain.held;
    return ok;
}

static void hide_in_screen(const struct redactor *redactor, struct screen *screen)
{
    for (int i = 0; i < screen->rows; i++) {
        char *row = hide_in_text(redactor, screen->text[i], false);
        free(screen->text[i]);
        screen->text[i] = row;
    }
    if (screen->title) {
        char *title = hide_in_text(redactor, screen->title, false);
        free(screen->title);
        screen->title = title;
    }
}

static bool render_screen(const struct log_view *log, struct shell_reading *ret,
                          struct pyro_error *err)
{
    const struct shell_window window = { .bytes = log->bytes.len ? log->bytes.data : "",
                                         .size = log->bytes.len,
                                         .at = log->at };
    scoped_redactor *redactor = NULL;
    struct plain_options options;
    struct shell_notes notes;
    size_t from;
    bool ok;

    if (!secrets_redactor_of(log->workspace_fd, &redactor, err) ||
        !shell_notes_load_screen(log->workspace_fd, log->id, window, &from, &notes, err))
        return false;
    options = shell_notes_options(&notes, true);
    ok = screen_render(window.bytes + from, window.size - from, &options, &ret->screen, err);
    shell_notes_release(&notes);
    if (ok && redactor)
        hide_in_screen(redactor, &ret->screen);
    ret->alt_screen = ok && ret->screen.alt_screen;
    ret->next_cursor = log->size;
    return ok;
}

/* How many bytes before the stretch are read too: what it changes depends on them. */
static uint64_t lead_of(const struct shell_read_spec *spec, uint64_t first, uint64_t start)
{
    const uint64_t most = PLAIN_LOOK_BACK + VT_SEQUENCE_MAX + UTF8_LENGTH_MAX;

    if (spec->rendering != SHELL_PLAIN || start <= first)
        return 0;
    return start - first < most ? start - first : most;
}

/* The stretch that this read is about, from the cursor's place on. */
static void stretch_of(const struct shell_read_spec *spec, uint64_t first, uint64_t size,
                       uint64_t *ret_start, uint64_t *ret_n)
{
    uint64_t most = UTF8_LENGTH_MAX * (uint64_t)spec->max_chars + VT_SEQUENCE_MAX + UTF8_LENGTH_MAX;
    uint64_t start = *ret_start;

    if (spec->rendering == SHELL_SCREEN) {
        start = size > SCREEN_WINDOW ? size - SCREEN_WINDOW : 0;
        most = SCREEN_WINDOW;
    }
    if (start < first)
        start = first;
    if (start > size)
        start = size;
    *ret_start = start;
    *ret_n = size - start < most ? size - start : most;
}

static bool render(const struct log_view *log, uint64_t start, const struct shell_read_spec *spec,
                   struct shell_reading *ret, struct pyro_error *err)
{
    switch (spec->rendering) {
    case SHELL_SCREEN:
        return render_screen(log, ret, err);
    case SHELL_PLAIN:
        return render_plain(log, start, spec, ret, err);
    default:
        return render_raw(log, spec, ret, err);
    }
}

/* One try; *ret_punched when bytes of the stretch were dropped while they were read. */
static bool try_read(struct log_view *log, const struct shell_read_spec *spec,
                     struct shell_reading *ret, bool *ret_punched, struct pyro_error *err)
{
    struct shell_record *r = &ret->record, again;
    uint64_t place, start, n, lead;
    struct stat st;

    *ret_punched = false;
    if (!shell_record_load(log->workspace_fd, log->id, r, err))
        return false;
    if (fstat(log->fd, &st) != 0)
        return pyro_fail_errno(err, "read the log of shell '%s'", log->id);
    log->size = (uint64_t)st.st_size;
    if (!shell_cursor_find(r, spec->cursor, log->size, &place, err))
        return false;
    start = place;
    stretch_of(spec, r->first, log->size, &start, &n);
    lead = lead_of(spec, r->first, start);
    if (!read_stretch(log, start - lead, lead + n, err) ||
        !shell_record_load(log->workspace_fd, log->id, &again, err))
        return false;
    *ret_punched = again.first > log->at;
    shell_record_release(&again);
    if (*ret_punched)
        return true;
    ret->dropped_bytes = spec->rendering != SHELL_SCREEN && start > place ? start - place : 0;
    if (!render(log, start, spec, ret, err))
        return false;
    ret->next_cursor = shell_cursor_at(r, ret->next_cursor);
    return true;
}

bool shell_read_log(int workspace_fd, const char *id, const struct shell_read_spec *spec,
                    struct shell_reading *ret, struct pyro_error *err)
{
    struct log_view log = { .workspace_fd = workspace_fd,
                            .id = id,
                            .fd = -1,
                            .bytes = BUF_INIT(8 * (size_t)SHELL_READ_CHARS_MAX) };
    bool ok = false, punched = true;

    *ret = (struct shell_reading){ .cursor = spec->cursor,
                                   .output = BUF_INIT(8 * (size_t)SHELL_READ_CHARS_MAX) };
    if (!shell_record_load(workspace_fd, id, &ret->record, err))
        return false;
    log.fd = shell_open_file(workspace_fd, id, "log", O_RDONLY, err);
    for (int i = 0; log.fd >= 0 && punched && i < PUNCHED_TRIES; i++) {
        shell_record_release(&ret->record);
        ok = try_read(&log, spec, ret, &punched, err);
    }
    if (log.fd >= 0)
        close(log.fd);
    buf_release(&log.bytes);
    if (ok && !punched)
        return true;
    shell_reading_release(ret);
    return !ok ? false
               : pyro_fail(err, PYRO_IO,
                           "shell '%s' drops its oldest output faster than it can "
                           "be read",
                           id);
}

bool shell_read(const char *ref, const char *id, const struct shell_read_spec *spec,
                struct shell_reading *ret, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    scoped_shell_record struct shell_record r = { 0 };
    struct shell_wait_answer waited = { .at_prompt = false };

    if (!workspace_open(ref, &o, err) || !shell_record_load(o.dir_fd, id, &r, err))
        return false;
    /* One whose supervisor died is recovered. What is on the disk can be read in any case. */
    if (r.running && !store_is_held(o.dir_fd))
        (void)!workspace_recover(&o, NULL);
    if ((spec->wait_for_idle_ms || spec->wait_for_prompt || spec->wait_for_input) &&
        !shell_wait(&o, id, spec, &waited, err))
        return false;
    if (!shell_read_log(o.dir_fd, id, spec, ret, err))
        return false;
    snprintf(ret->workspace_id, sizeof(ret->workspace_id), "%s", o.id);
    ret->waited = waited;
    return true;
}

json_t *shell_reading_to_view(const struct shell_reading *r, const struct shell_read_spec *spec)
{
    json_t *j = shell_record_to_view(&r->record, r->workspace_id);

    json_object_set_new(j, "cursor", json_integer((json_int_t)r->cursor));
    json_object_set_new(j, "next_cursor", json_integer((json_int_t)r->next_cursor));
    json_object_set_new(j, "output",
                        json_string_lossy(r->output.len ? r->output.data : "", r->output.len));
    json_object_set_new(j, "truncated", json_boolean(r->truncated));
    json_object_set_new(j, "plain", json_boolean(spec->rendering == SHELL_PLAIN));
    json_object_set_new(j, "wait_for_idle_ms",
                        spec->wait_for_idle_ms ? json_integer(spec->wait_for_idle_ms)
                                               : json_null());
    json_object_set_new(j, "dropped_bytes", json_integer((json_int_t)r->dropped_bytes));
    json_object_set_new(j, "alt_screen", json_boolean(r->alt_screen));
    json_object_set_new(j, "at_prompt",
                        spec->wait_for_prompt || spec->wait_for_input
                            ? json_boolean(r->waited.at_prompt)
                            : json_null());
    json_object_set_new(j, "asks",
                        spec->wait_for_input ? json_boolean(r->waited.asks) : json_null());
    json_object_set_new(j, "screen",
                        spec->rendering == SHELL_SCREEN ? screen_to_json(&r->screen) : json_null());
    return j;
}
