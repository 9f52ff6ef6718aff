/*
 * engine/shell/shell_read.c: one read of a shell's files.
 *
 * The order of looks makes it consistent without a lock: the record before the size (a shell that
 * has ended grows no more), the bytes before the notes about them, and the record's `first` once
 * more at the end, for what was punched out meanwhile came back as zeros.
 */
#include "engine/shell/shell_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/secret/hide.h"
#include "engine/secret/secrets.h"
#include "engine/shell/shell_notes.h"
#include "engine/shell/shell_wait.h"
#include "engine/term/sgr.h"
#include "engine/term/vtparse.h"
#include "engine/workspace/attach.h"
#include "engine/workspace/lifecycle.h"
#include "vmm/base/utf8.h"

#define UTF8_BYTES_MAX 4
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

/* Bytes of the first `chars` code points; a byte that is no part of UTF-8 counts as one. */
static size_t bytes_of_chars(const char *s, size_t n, int64_t chars)
{
    size_t at = 0;

    for (; at < n && chars > 0; chars--) {
        size_t length = (signed char)s[at] >= 0 ? 1 : utf8_valid_length(s + at, n - at);
        at += length ? length : 1;
    }
    return at;
}

/* Whether `c` can be byte `i` of a sequence that begins with `first`. */
static bool may_follow(unsigned char first, size_t i, unsigned char c)
{
    if (i == 1 && first == 0xe0)
        return c >= 0xa0 && c <= 0xbf;
    if (i == 1 && first == 0xed)
        return c >= 0x80 && c <= 0x9f;
    if (i == 1 && first == 0xf0)
        return c >= 0x90 && c <= 0xbf;
    if (i == 1 && first == 0xf4)
        return c >= 0x80 && c <= 0x8f;
    return c >= 0x80 && c <= 0xbf;
}

/* Bytes at the end that begin a UTF-8 sequence and do not finish it. */
static size_t unfinished_utf8(const char *s, size_t n)
{
    for (size_t back = 1; back < UTF8_BYTES_MAX && back <= n; back++) {
        unsigned char first = (unsigned char)s[n - back];
        size_t need = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
        if (first >= 0x80 && first <= 0xbf)
            continue;
        if (need <= back)
            return 0;
        for (size_t i = 1; i < back; i++)
            if (!may_follow(first, i, (unsigned char)s[n - back + i]))
                return 0;
        return back;
    }
    return 0;
}

static size_t held_back(const char *s, size_t n, enum shell_rendering rendering, char in_string)
{
    return rendering == SHELL_PLAIN ? vtparse_held_back(s, n, in_string) : unfinished_utf8(s, n);
}

/*
 * How much of the n bytes that are there a read takes. A sequence longer than max_chars alone is
 * taken whole all the same: a read that consumed nothing of what is complete would never get on.
 */
static size_t measure(const char *s, size_t n, const struct shell_read_spec *spec, char in_string)
{
    size_t take = bytes_of_chars(s, n, spec->max_chars);

    while (take < n && held_back(s, take, spec->rendering, in_string) == take)
        take++;
    return take;
}

/* ---- reading ---- */

struct log_view {
    int fd;
    uint64_t size;
    struct buf bytes; /* of the stretch that was read */
};

static bool read_stretch(struct log_view *log, const char *id, uint64_t from, uint64_t n,
                         struct pyro_error *err)
{
    buf_clear(&log->bytes);
    if (!buf_reserve(&log->bytes, (size_t)n))
        return pyro_fail(err, PYRO_NO_MEMORY, "reading a shell: out of memory");
    while (log->bytes.len < n) {
        ssize_t r = pread(log->fd, log->bytes.data + log->bytes.len, n - log->bytes.len,
                          (off_t)(from + log->bytes.len));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return pyro_fail_errno(err, "read the log of shell '%s'", id);
        if (r == 0)
            break;
        log->bytes.len += (size_t)r;
    }
    return true;
}

static bool render_output(const struct log_view *log, int workspace_fd, uint64_t start,
                          const struct shell_read_spec *spec, struct shell_reading *ret,
                          struct pyro_error *err)
{
    const char *bytes = log->bytes.len ? log->bytes.data : "";
    const char *id = ret->record.id;
    struct plain_result plain;
    struct shell_notes notes;
    size_t n, held = 0;
    bool all, ok = true;

    if (!shell_notes_load(workspace_fd, id, start, log->size, &notes, err))
        return false;
    n = measure(bytes, log->bytes.len, spec, notes.in_string);
    ret->truncated = start + n < log->size;
    all = !ret->record.running && !ret->truncated;
    if (spec->rendering == SHELL_PLAIN) {
        struct plain_options options = shell_notes_options(&notes, all);
        options.colors = spec->colors;
        ok = plain_render(bytes, n, &options, &plain, err);
        if (ok) {
            held = plain.held;
            ret->output = plain.text;
            ret->alt_screen = plain.alt_screen;
        }
    } else {
        held = all ? 0 : unfinished_utf8(bytes, n);
        ok = buf_append(&ret->output, bytes, n - held) ||
             pyro_fail(err, PYRO_NO_MEMORY, "reading a shell: out of memory");
    }
    ret->next_cursor = start + n - held;
    shell_notes_release(&notes);
    if (!ok || spec->rendering == SHELL_PLAIN)
        return ok;
    if (!shell_notes_load(workspace_fd, id, start, ret->next_cursor, &notes, err))
        return false;
    ret->alt_screen = notes.alt_at_end;
    shell_notes_release(&notes);
    return true;
}

static bool render_screen(const struct log_view *log, int workspace_fd, uint64_t start,
                          struct shell_reading *ret, struct pyro_error *err)
{
    const char *bytes = log->bytes.len ? log->bytes.data : "";
    size_t from = screen_find_start(bytes, log->bytes.len);
    struct plain_options options;
    struct shell_notes notes;
    bool ok;

    if (!shell_notes_load(workspace_fd, ret->record.id, start + from, log->size, &notes, err))
        return false;
    options = shell_notes_options(&notes, true);
    ok = screen_render(bytes + from, log->bytes.len - from, &options, &ret->screen, err);
    shell_notes_release(&notes);
    ret->alt_screen = ok && ret->screen.alt_screen;
    ret->next_cursor = log->size;
    return ok;
}

/* The stretch that this read is about. */
static void stretch_of(const struct shell_read_spec *spec, uint64_t first, uint64_t size,
                       uint64_t *ret_start, uint64_t *ret_n)
{
    uint64_t most = UTF8_BYTES_MAX * (uint64_t)spec->max_chars + VT_SEQUENCE_MAX + UTF8_BYTES_MAX;
    uint64_t start = spec->cursor;

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

/* One try; *ret_punched when bytes of the stretch were dropped while they were read. */
static bool try_read(struct log_view *log, int workspace_fd, const char *id,
                     const struct shell_read_spec *spec, struct shell_reading *ret,
                     bool *ret_punched, struct pyro_error *err)
{
    struct shell_record *r = &ret->record, again;
    uint64_t start, n;
    struct stat st;

    *ret_punched = false;
    if (!shell_record_load(workspace_fd, id, r, err))
        return false;
    if (fstat(log->fd, &st) != 0)
        return pyro_fail_errno(err, "read the log of shell '%s'", id);
    log->size = (uint64_t)st.st_size;
    if (spec->cursor > log->size) {
        pyro_fail(err, PYRO_INVALID_ARGUMENT,
                  "cursor %llu is past the end of shell '%s', which is at %llu",
                  (unsigned long long)spec->cursor, id, (unsigned long long)log->size);
        return pyro_hint(err, "use the next_cursor of the last read, or 0 for the beginning");
    }
    stretch_of(spec, r->first, log->size, &start, &n);
    if (!read_stretch(log, id, start, n, err) || !shell_record_load(workspace_fd, id, &again, err))
        return false;
    *ret_punched = again.first > start;
    shell_record_release(&again);
    if (*ret_punched)
        return true;
    ret->dropped_bytes =
        spec->rendering != SHELL_SCREEN && start > spec->cursor ? start - spec->cursor : 0;
    return spec->rendering == SHELL_SCREEN
               ? render_screen(log, workspace_fd, start, ret, err)
               : render_output(log, workspace_fd, start, spec, ret, err);
}

bool shell_read_log(int workspace_fd, const char *id, const struct shell_read_spec *spec,
                    struct shell_reading *ret, struct pyro_error *err)
{
    struct log_view log = { .fd = -1, .bytes = BUF_INIT(8 * (size_t)SHELL_READ_CHARS_MAX) };
    bool ok = false, punched = true;

    *ret = (struct shell_reading){ .cursor = spec->cursor,
                                   .output = BUF_INIT(8 * (size_t)SHELL_READ_CHARS_MAX) };
    if (!shell_record_load(workspace_fd, id, &ret->record, err))
        return false;
    log.fd = shell_open_file(workspace_fd, id, "log", O_RDONLY, err);
    for (int i = 0; log.fd >= 0 && punched && i < PUNCHED_TRIES; i++) {
        shell_record_release(&ret->record);
        ok = try_read(&log, workspace_fd, id, spec, ret, &punched, err);
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

/*
 * Colours may keep a secret apart, too: it is looked for in the text without them, and a text that
 * has one loses its colours.
 */
static bool hide_in_output(const struct redactor *redactor, struct buf *output,
                           struct pyro_error *err)
{
    scoped_buf text = BUF_INIT(SIZE_MAX / 2);
    struct buf out = BUF_INIT(SIZE_MAX / 2);

    if (!buf_append(&text, output->data, output->len))
        return pyro_fail(err, PYRO_NO_MEMORY, "reading a shell: out of memory");
    text.len = sgr_strip(text.data, text.len, text.data, NULL);
    if (!redact_text(redactor, text.data, text.len, false, &out)) {
        buf_release(&out);
        return pyro_fail(err, PYRO_NO_MEMORY, "reading a shell: out of memory");
    }
    if (out.len == text.len && (!out.len || memcmp(out.data, text.data, out.len) == 0)) {
        buf_release(&out);
        return true;
    }
    buf_release(output);
    *output = out;
    return true;
}

/*
 * The log has none in it, but rendering puts together what escape sequences and wrapped lines keep
 * apart.
 */
static bool hide_in_rendering(int workspace_fd, struct shell_reading *r, struct pyro_error *err)
{
    scoped_redactor *redactor = NULL;

    if (!secrets_redactor_of(workspace_fd, &redactor, err))
        return false;
    if (!redactor)
        return true;
    for (int i = 0; i < r->screen.rows; i++) {
        char *row = hide_in_text(redactor, r->screen.text[i], false);
        free(r->screen.text[i]);
        r->screen.text[i] = row;
    }
    if (r->screen.title) {
        char *title = hide_in_text(redactor, r->screen.title, false);
        free(r->screen.title);
        r->screen.title = title;
    }
    return hide_in_output(redactor, &r->output, err);
}

bool shell_read(const char *ref, const char *id, const struct shell_read_spec *spec,
                struct shell_reading *ret, struct pyro_error *err)
{
    scoped_opened struct opened o = OPENED_INIT;
    struct shell_record r;
    bool at_prompt = false;

    if (!workspace_open(ref, &o, err) || !shell_record_load(o.dir_fd, id, &r, err))
        return false;
    /* Whose supervisor died is taken up again. What is on the disk can be read in any case. */
    if (r.running && !store_is_held(o.dir_fd) && !workspace_settle(o.dir_fd, o.id, err) && err)
        *err = (struct pyro_error){ .code = PYRO_OK };
    shell_record_release(&r);
    if ((spec->wait_for_idle_ms || spec->wait_for_prompt) &&
        !shell_wait(o.dir_fd, o.id, id, spec, &at_prompt, err))
        return false;
    if (!shell_read_log(o.dir_fd, id, spec, ret, err))
        return false;
    if (spec->rendering != SHELL_RAW && !hide_in_rendering(o.dir_fd, ret, err)) {
        shell_reading_release(ret);
        return false;
    }
    snprintf(ret->workspace_id, sizeof(ret->workspace_id), "%s", o.id);
    ret->at_prompt = at_prompt;
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
                        spec->wait_for_prompt ? json_boolean(r->at_prompt) : json_null());
    json_object_set_new(j, "screen",
                        spec->rendering == SHELL_SCREEN ? screen_to_json(&r->screen) : json_null());
    return j;
}
