/* engine/workspace/command.c: commands by their sequence, from the files of the history. */
#include "engine/workspace/command.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "engine/client/connect.h"
#include "engine/client/handle.h"
#include "engine/client/lookout.h"
#include "engine/state/commands.h"
#include "vmm/base/fs.h"
#include "vmm/base/patience.h"
#include "vmm/base/utf8.h"

#define BEGIN_MS 60000 /* for the supervisor's answer that it runs */
#define SIGNAL_MS 10000
#define KILLED_MS 10000

const char *const command_states[] = { "running", "ended", NULL };

static json_t *load(const struct workspace_handle *w, int64_t sequence, struct pyro_error *err)
{
    json_t *entry = command_read(w->dir_fd, sequence);

    if (!entry)
        pyro_fail(err, PYRO_COMMAND_NOT_FOUND, "workspace '%s' has no command %" PRId64, w->id,
                  sequence);
    return entry;
}

static bool is_running(const json_t *entry)
{
    return json_bool_or(entry, "running", false);
}

static json_t *to_view(const char *id, const json_t *entry)
{
    static const char *const same[] = { "sequence",    "command",         "cwd",
                                        "recorded_at", "timeout_seconds", "execution_mode" };
    bool running = is_running(entry);
    int64_t ran_ms = (int64_t)((clock_wall() - json_number_or(entry, "recorded_at", 0)) * 1000);
    json_t *view = json_pack("{s:s, s:s, s:b, s:I, s:s?}", "workspace_id", id, "state",
                             command_states[!running], "timed_out",
                             json_bool_or(entry, "timed_out", false), "duration_ms",
                             (json_int_t)(running ? ran_ms : json_int_or(entry, "duration_ms", 0)),
                             "error", json_string_or(entry, "error", NULL));

    for (size_t i = 0; i < ARRAY_SIZE(same); i++)
        json_object_set(view, same[i], json_object_get(entry, same[i]));
    json_object_set_new(view, "exit_code",
                        running ? json_null() : json_integer(json_int_or(entry, "exit_code", 0)));
    return view;
}

/* Opens a workspace whose history is as it says: what a dead supervisor left running has ended. */
static bool open_recovered(const char *ref, struct workspace_handle *ret, struct pyro_error *err)
{
    return workspace_open(ref, ret, err) &&
           (store_is_held(ret->dir_fd) || workspace_recover(ret, err));
}

/* ---- beginning ---- */

json_t *workspace_exec_detached(const char *ref, const struct command_request *request,
                                struct pyro_error *err)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    struct command_request detached = *request;
    scoped_json json_t *message = NULL, *answer = NULL, *entry = NULL;
    int64_t sequence;
    json_t *view;

    detached.detach = true;
    if (!command_request_check(exec_request_rows, &detached, err) || !workspace_open(ref, &w, err))
        return NULL;
    message = command_request_pack(exec_request_rows, &detached, "exec", NULL);
    answer = supervisor_call(&w, MACHINE_AWAKE, message, patience_until(BEGIN_MS), err);
    if (!answer || !json_get_int(answer, "sequence", 1, INT64_MAX, &sequence, err))
        return NULL;
    entry = load(&w, sequence, err);
    view = entry ? to_view(w.id, entry) : NULL;
    json_object_del(view, "recorded_at");
    json_object_del(view, "error");
    return view;
}

/* ---- list ---- */

json_t *command_list(const char *ref, size_t newest, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    size_t count = 0;
    scoped_free int64_t *list = NULL;
    json_t *commands;

    if (!open_recovered(ref, &w, err))
        return NULL;
    list = commands_sequences(w.dir_fd, &count, err);
    if (!list)
        return NULL;
    commands = json_array();
    for (size_t i = 0; i < count; i++) {
        bool wanted = count - i <= newest ||
                      command_is_running(w.dir_fd, list[i], count - i <= COMMANDS_RUNNING_MAX);
        scoped_json json_t *entry = wanted ? command_read(w.dir_fd, list[i]) : NULL;
        if (entry)
            json_array_append_new(commands, to_view(w.id, entry));
    }
    return json_pack("{s:s, s:I, s:o, s:I}", "workspace_id", w.id, "count",
                     (json_int_t)json_array_size(commands), "commands", commands, "dropped_entries",
                     (json_int_t)(count ? list[count - 1] - (int64_t)count : 0));
}

/* ---- waiting ---- */

struct waiting {
    const struct workspace_handle *workspace;
    int64_t sequence, full_at; /* a size of the log that is enough */
    struct command_wait_spec until;
    struct lookout *lookout;
    int64_t size, grown_ms, deadline_ms;
};

static bool watch_files(const struct waiting *x, struct pyro_error *err)
{
    char log[48];

    snprintf(log, sizeof(log), "commands/%06" PRId64 ".log", x->sequence);
    return lookout_add(x->lookout, "commands", IN_MOVED_TO, err) &&
           lookout_add(x->lookout, log, IN_MODIFY, err);
}

static void look_at_log(struct waiting *x)
{
    int64_t size = command_log_size(x->workspace->dir_fd, x->sequence);

    if (size > x->size)
        x->grown_ms = clock_ms();
    x->size = size;
}

/* Whether a read would have to leave out the last character, whose rest is still to come. */
static bool ends_in_character(const struct waiting *x)
{
    int64_t from = x->size > UTF8_LENGTH_MAX ? x->size - UTF8_LENGTH_MAX : 0;
    struct command_part part;
    bool logged, unfinished;

    if (!command_log_read(x->workspace->dir_fd, x->sequence, (uint64_t)from, UTF8_LENGTH_MAX, &part,
                          &logged, NULL) ||
        !logged)
        return false;
    unfinished = utf8_unfinished(part.text.data, part.text.len) > 0;
    command_part_release(&part);
    return unfinished;
}

static bool is_enough(const struct waiting *x)
{
    return x->size >= x->full_at &&
           (x->size >= x->full_at + UTF8_LENGTH_MAX || !ends_in_character(x));
}

/* When to look again at the latest; 0: it is over. */
static int64_t look_again_at(const struct waiting *x)
{
    int64_t now = clock_ms();
    int64_t idle = x->until.idle_ms ? x->grown_ms + x->until.idle_ms : INT64_MAX;
    int64_t at = idle < x->deadline_ms ? idle : x->deadline_ms;

    return at <= now || is_enough(x) ? 0 : at;
}

static bool await(struct waiting *x, struct pyro_error *err)
{
    for (;;) {
        int64_t again;

        if (!watch_files(x, err))
            return false;
        if (!command_is_running(x->workspace->dir_fd, x->sequence, true))
            return true;
        look_at_log(x);
        again = look_again_at(x);
        if (!again)
            return true;
        if (!lookout_sleep(x->lookout, again, err))
            return false;
    }
}

static bool wait_for(const struct workspace_handle *w, int64_t sequence, int64_t full_at,
                     const struct command_wait_spec *until, const struct progress *progress,
                     struct pyro_error *err)
{
    scoped_lookout lookout = LOOKOUT_INIT(w, progress);
    int64_t now = clock_ms();
    struct waiting x = { .workspace = w,
                         .sequence = sequence,
                         .full_at = full_at,
                         .until = *until,
                         .lookout = &lookout,
                         .grown_ms = now,
                         .deadline_ms = until->max_ms ? now + until->max_ms : INT64_MAX };

    return lookout_open(&lookout, err) && await(&x, err);
}

json_t *command_await(const char *ref, int64_t sequence, int64_t max_ms,
                      const struct progress *progress, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    const struct command_wait_spec until = { .max_ms = max_ms };
    scoped_json json_t *entry = NULL;

    if (!open_recovered(ref, &w, err) || !wait_for(&w, sequence, INT64_MAX, &until, progress, err))
        return NULL;
    entry = load(&w, sequence, err);
    return entry ? to_view(w.id, entry) : NULL;
}

json_t *command_kill(const char *ref, int64_t sequence, const char *signal,
                     const struct progress *progress, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    scoped_json json_t *message = json_pack("{s:s, s:I, s:s}", "op", "command_signal", "sequence",
                                            (json_int_t)sequence, "signal", signal);
    const struct command_wait_spec until = { .max_ms = patience(KILLED_MS) };
    scoped_json json_t *entry = NULL, *answer = NULL;

    if (!open_recovered(ref, &w, err))
        return NULL;
    entry = load(&w, sequence, err);
    if (!entry || !is_running(entry))
        return entry ? to_view(w.id, entry) : NULL;
    answer = supervisor_call(&w, MACHINE_AS_IT_IS, message, patience_until(SIGNAL_MS), err);
    if (!answer ||
        (!strcmp(signal, "KILL") && !wait_for(&w, sequence, INT64_MAX, &until, progress, err)))
        return NULL;
    json_decref(entry);
    entry = load(&w, sequence, err);
    return entry ? to_view(w.id, entry) : NULL;
}

/* ---- reading ---- */

/* What is kept of a command that had no log, as if it were one: its output, then its errors. */
static bool part_of_entry(const json_t *entry, uint64_t cursor, struct command_part *ret,
                          struct pyro_error *err)
{
    const json_t *out = json_object_get(entry, "stdout"),
                 *errors = json_object_get(entry, "stderr");
    const struct command_run runs[] = { { 0, false }, { json_string_length(out), true } };
    struct buf text = BUF_INIT(SIZE_MAX / 2);
    bool ok;

    ok = buf_append(&text, json_string_value(out), json_string_length(out)) &&
         buf_append(&text, json_string_value(errors), json_string_length(errors));
    *ret = (struct command_part){
        .size = text.len, .start = cursor, .text = text, .runs = BUF_INIT(sizeof(runs))
    };
    buf_consume(&ret->text, cursor < text.len ? (size_t)cursor : text.len);
    if (ok && buf_append(&ret->runs, cursor < runs[1].at ? runs : runs + 1,
                         cursor < runs[1].at ? sizeof(runs) : sizeof(*runs)))
        return true;
    command_part_release(ret);
    return pyro_no_memory(err, "reading a command");
}

static bool read_part(const struct workspace_handle *w, const json_t *entry,
                      const struct command_read_spec *spec, struct command_part *ret,
                      struct pyro_error *err)
{
    size_t most = (size_t)spec->max_chars * UTF8_LENGTH_MAX;
    bool logged;

    if (!command_log_read(w->dir_fd, spec->sequence, (uint64_t)spec->cursor, most, ret, &logged,
                          err) ||
        (!logged && !part_of_entry(entry, (uint64_t)spec->cursor, ret, err)))
        return false;
    if ((uint64_t)spec->cursor <= ret->size)
        return true;
    pyro_fail(err, PYRO_COMMAND_STATE,
              "cursor %" PRId64 " is past the end of command %" PRId64 ", which is at %" PRIu64,
              spec->cursor, spec->sequence, ret->size);
    command_part_release(ret);
    return pyro_hint(err, "use the next_cursor of the last read, or 0 for the beginning");
}

json_t *command_output(const char *ref, const struct command_read_spec *spec,
                       command_stretch_fn *fn, void *arg, struct pyro_error *err)
{
    scoped_workspace struct workspace_handle w = WORKSPACE_HANDLE_INIT;
    scoped_json json_t *entry = NULL;
    struct command_part part;
    json_t *view = NULL;
    bool truncated;
    size_t n;

    if (!open_recovered(ref, &w, err) ||
        (spec->wait &&
         !wait_for(&w, spec->sequence,
                   spec->cursor < INT64_MAX - spec->max_chars ? spec->cursor + spec->max_chars
                                                              : INT64_MAX,
                   &spec->until, spec->progress, err)))
        return NULL;
    /* One that has ended by then prints no more. */
    entry = load(&w, spec->sequence, err);
    if (!entry || !read_part(&w, entry, spec, &part, err))
        return NULL;
    n = utf8_bytes_of_chars(part.text.data, part.text.len, spec->max_chars);
    truncated = part.start + n < part.size;
    if (is_running(entry) || truncated)
        n -= utf8_unfinished(part.text.data, n);
    if (command_part_each(&part, n, fn, arg, err)) {
        view = to_view(w.id, entry);
        json_object_set_new(view, "cursor", json_integer(spec->cursor));
        json_object_set_new(view, "next_cursor", json_integer((json_int_t)(part.start + n)));
        json_object_set_new(view, "truncated", json_boolean(truncated));
        json_object_set_new(view, "dropped_bytes",
                            json_integer((json_int_t)(part.start - (uint64_t)spec->cursor)));
    }
    command_part_release(&part);
    return view;
}
