/*
 * engine/workspace/command_logs.c: the history of commands, streamed.
 *
 * Names are listed, entries are read one by one: however long the history is, one of them is in
 * memory at a time. An entry that disappears meanwhile is skipped.
 */
#include "engine/workspace/command_logs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/client/lookout.h"
#include "engine/state/commands.h"
#include "vmm/base/fs.h"

#define START_AGAIN_MS 10000 /* from the end of a reset to the start that follows it */
#define PRINTED 0.0001       /* precision in seconds that a printed time loses */

struct reading {
    const struct workspace_handle *o;
    const struct command_logs_spec *spec;
    struct command_logs *logs;
    int64_t cursor;     /* the caller's, until a reset */
    int64_t bytes;      /* of the entries given */
    int64_t from;       /* the first sequence to be given */
    int64_t skip_lines; /* the part of its output that a tail skips */
    /* Under `follow`: entries up to `seen_to` were given already, except those that ran then;
     * commands end in any order. */
    int64_t seen_to;
    int64_t *running;
    size_t running_count;
    int64_t resets;           /* the last known count in the record */
    int64_t started_again_by; /* clock_ms(): until then a reset may start the machine again */
};

/* ---- lines ---- */

static int64_t count_lines(const json_t *entry, const char *name)
{
    const char *text = json_string_or(entry, name, "");
    int64_t lines = 0;

    while (*text) {
        const char *lf = strchr(text, '\n');
        lines++;
        if (!lf)
            break;
        text = lf + 1;
    }
    return lines;
}

/* Removes the first lines of an output; returns how many of `lines` are left to remove. */
static int64_t skip_lines(json_t *entry, const char *name, int64_t lines)
{
    const char *text = json_string_or(entry, name, "");
    json_t *rest;

    while (*text && lines > 0) {
        const char *lf = strchr(text, '\n');
        lines--;
        text = lf ? lf + 1 : text + strlen(text);
    }
    rest = json_string(text);
    if (rest)
        json_object_set_new(entry, name, rest);
    return lines;
}

/* ---- one entry ---- */

/* A finished entry that was requested, new; NULL: it does not match, or is gone. */
static json_t *read_wanted(const struct reading *r, int64_t sequence)
{
    json_t *entry;

    /* An entry written before then began before then. */
    if (r->spec->since > 0 && command_written_at(r->o->dir_fd, sequence) < r->spec->since)
        return NULL;
    entry = command_read(r->o->dir_fd, sequence);
    if (entry && !json_bool_or(entry, "running", false) &&
        json_number_or(entry, "recorded_at", 0) >= r->spec->since - PRINTED)
        return entry;
    json_decref(entry);
    return NULL;
}

static int64_t size_of(const json_t *entry)
{
    return (int64_t)(strlen(json_string_or(entry, "stdout", "")) +
                     strlen(json_string_or(entry, "stderr", "")));
}

/* Gives it to the caller; *ret_full when there is no more room. */
static bool give(struct reading *r, int64_t sequence, bool *ret_full, struct pyro_error *err)
{
    const struct command_logs_spec *spec = r->spec;
    scoped_json json_t *entry = read_wanted(r, sequence);
    int64_t size;

    if (!entry)
        return true;
    if (sequence == r->from && r->skip_lines)
        skip_lines(entry, "stderr", skip_lines(entry, "stdout", r->skip_lines));
    size = size_of(entry);
    *ret_full = (spec->limit >= 0 && r->logs->count >= spec->limit) ||
                (spec->max_bytes && r->logs->count && r->bytes + size > spec->max_bytes);
    if (*ret_full) {
        r->logs->truncated = true;
        return true;
    }
    r->bytes += size;
    r->logs->count++;
    r->logs->next_cursor = sequence + 1;
    return spec->entry(spec->arg, entry, err);
}

/* ---- entries given so far ---- */

static bool was_running(const struct reading *r, int64_t sequence)
{
    for (size_t i = 0; i < r->running_count; i++)
        if (r->running[i] == sequence)
            return true;
    return false;
}

static bool was_given(const struct reading *r, int64_t sequence)
{
    return sequence <= r->seen_to && !was_running(r, sequence);
}

/* Notes what has ended since the last look, and gives it unless it is `past` already. */
static bool look(struct reading *r, bool past, struct pyro_error *err)
{
    size_t count = 0, running = 0;
    scoped_free int64_t *list = commands_sequences(r->o->dir_fd, &count, err);
    int64_t last;
    bool full = false;

    if (!list)
        return false;
    last = count ? list[count - 1] : r->seen_to;
    for (size_t i = 0; i < count; i++) {
        int64_t sequence = list[i];
        if (was_given(r, sequence))
            continue;
        if (command_is_running(r->o->dir_fd, sequence, i + COMMANDS_RUNNING_MAX >= count))
            list[running++] = sequence; /* in the place of one that was looked at */
        else if (!past && sequence >= r->cursor && !give(r, sequence, &full, err))
            return false;
    }
    r->seen_to = last;
    free(r->running);
    r->running = take_ptr(&list);
    r->running_count = running;
    return true;
}

/* ---- existing entries ---- */

/* Where the last lines begin: the sequence, and how many of its lines come before. */
static void find_tail(struct reading *r, const int64_t *list, size_t count)
{
    int64_t left = r->spec->tail_lines;

    r->from = INT64_MAX;
    while (count-- > 0 && left > 0) {
        scoped_json json_t *entry = NULL;
        int64_t lines;
        if (list[count] >= r->spec->cursor && (!r->spec->follow || was_given(r, list[count])))
            entry = read_wanted(r, list[count]);
        if (!entry)
            continue;
        lines = count_lines(entry, "stdout") + count_lines(entry, "stderr");
        r->from = list[count];
        r->skip_lines = lines > left ? lines - left : 0;
        left -= lines;
    }
}

static bool give_past(struct reading *r, struct pyro_error *err)
{
    size_t count = 0;
    scoped_free int64_t *list = commands_sequences(r->o->dir_fd, &count, err);
    bool full = false;

    if (!list)
        return false;
    r->from = r->spec->cursor;
    r->logs->any = count > 0;
    r->logs->dropped = count ? list[count - 1] - (int64_t)count : 0;
    if (r->spec->tail_lines >= 0)
        find_tail(r, list, count);
    for (size_t i = 0; i < count && !full; i++)
        if (list[i] >= r->from && (!r->spec->follow || was_given(r, list[i])) &&
            !give(r, list[i], &full, err))
            return false;
    return true;
}

/* ---- following ---- */

/* The history begins again at its first. */
static void note_reset(struct reading *r, int64_t resets)
{
    r->resets = resets;
    r->cursor = r->from = r->skip_lines = r->seen_to = 0;
    r->running_count = 0;
    r->started_again_by = clock_ms() + START_AGAIN_MS;
}

/* Whether more may come. *ret_clearing: a reset is about to remove the current entries. */
static bool goes_on(struct reading *r, bool *ret_clearing)
{
    scoped_record struct workspace_record record = { 0 };
    bool running;

    *ret_clearing = false;
    if (!record_load(r->o->dir_fd, r->o->id, &record, NULL))
        return false;
    running = record.state == WORKSPACE_STARTED || record.state == WORKSPACE_CREATED;
    *ret_clearing = record.clearing;
    if (!record.clearing && record.reset_count != r->resets)
        note_reset(r, record.reset_count);
    if (*ret_clearing)
        return true;
    if (running)
        r->started_again_by = 0;
    else if (r->started_again_by && store_is_held(r->o->dir_fd))
        r->started_again_by = clock_ms() + START_AGAIN_MS; /* it is being started */
    return running || clock_ms() < r->started_again_by;
}

/* In a history that is being cleared, all entries are still to come. */
static bool note_resets(struct reading *r, struct pyro_error *err)
{
    scoped_record struct workspace_record record = { 0 };

    if (!record_load(r->o->dir_fd, r->o->id, &record, err))
        return false;
    r->resets = record.reset_count - (record.clearing ? 1 : 0);
    return true;
}

/* A reset makes the directory again: nothing happens when it is watched already. */
static bool watch(const struct lookout *l, struct pyro_error *err)
{
    return lookout_add(l, "commands", IN_MOVED_TO, err);
}

static bool follow(struct reading *r, struct lookout *l, struct pyro_error *err)
{
    for (;;) {
        bool clearing, more = goes_on(r, &clearing);
        if (!watch(l, err) || (!clearing && !look(r, false, err)))
            return false;
        if (!more)
            return lookout_check_end(l, err);
        if (!lookout_sleep(l, INT64_MAX, err))
            return false;
    }
}

/* ---- all of it ---- */

static bool read_all(struct reading *r, struct pyro_error *err)
{
    scoped_lookout lookout = LOOKOUT_INIT(r->o, r->spec->progress);
    bool ok;

    if (!r->spec->follow)
        return give_past(r, err);
    if (!lookout_open(&lookout, err) || !watch(&lookout, err) || !note_resets(r, err))
        return false;
    /* Entries ended by now are the past; what ends later is not missed, nor given twice. */
    ok = look(r, true, err) && give_past(r, err) && follow(r, &lookout, err);
    free(r->running);
    return ok;
}

bool workspace_logs(const char *ref, const struct command_logs_spec *spec, struct command_logs *ret,
                    struct pyro_error *err)
{
    scoped_workspace struct workspace_handle o = WORKSPACE_HANDLE_INIT;
    struct reading r = { .o = &o, .spec = spec, .logs = ret, .cursor = spec->cursor };

    *ret = (struct command_logs){ .next_cursor = spec->cursor };
    if (!workspace_open(ref, &o, err) || !workspace_recover(&o, err))
        return false;
    snprintf(ret->workspace_id, sizeof(ret->workspace_id), "%s", o.id);
    return read_all(&r, err);
}
