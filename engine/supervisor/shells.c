/*
 * engine/supervisor/shells.c: the shells of the workspace: opened, attached to the guest's PTYs,
 * written to their logs.
 */
#include "engine/supervisor/shells.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/secret/hide.h"
#include "engine/supervisor/intake.h"
#include "engine/supervisor/secret_use.h"
#include "engine/supervisor/shell_input.h"
#include "engine/supervisor/shell_log.h"
#include "engine/supervisor/shell_query.h"
#include "vmm/base/fs.h"

#define CLOSE_MS 1000       /* from HUP to KILL */
#define FOREGROUND_MAX 1024 /* bytes the guest may report of it */
#define FOREGROUND_CUT 150  /* a longer one may have been cut by the guest */

/* A request that the guest must answer first. */
struct shell_ask {
    struct shell_ask *next;
    enum { ASK_RESIZE, ASK_PROMPT, ASK_PASTE, ASK_END } kind;
    int64_t token;
    struct link *client; /* NULL: gone, or no client to answer */
    uint32_t id;
    shells_pasted_fn *pasted; /* for ASK_PASTE instead */
    void *arg;
};

struct shell {
    struct shell *next;
    struct supervisor *supervisor;
    struct shell_record record;
    struct shell_log log;
    struct shell_query query;
    struct stream guest;
    struct intake intake;
    struct shell_input input;
    struct shell_ask *asks;
    const char *last_writer;
    bool opening;             /* the guest has not answered yet */
    struct link *open_client; /* the client that waits for that; NULL: gone */
    uint32_t open_id;
    /* The shell waits for input after this much output, not all of which has arrived; 0: nothing is
     * missing. */
    uint64_t waits_behind;
    int ended; /* the exit code, reported before all output was in the file; -1: it runs */
};

static void shell_free(struct shell *sh)
{
    struct shell **at = &sh->supervisor->shells;

    while (*at != sh)
        at = &(*at)->next;
    *at = sh->next;
    stream_close(&sh->guest, NULL);
    shell_query_release(&sh->query);
    shell_log_close(&sh->log);
    shell_record_release(&sh->record);
    intake_release(&sh->intake);
    shell_input_release(&sh->input);
    while (sh->asks) {
        struct shell_ask *a = sh->asks;
        sh->asks = a->next;
        free(a);
    }
    free(sh);
}

static json_t *view(const struct shell *sh)
{
    return shell_record_to_view(&sh->record, sh->supervisor->record.id);
}

/* ---- asking the guest ---- */

static bool ask(struct shell *sh, int kind, int64_t token, struct link *client, uint32_t id)
{
    struct shell_ask *a = calloc(1, sizeof(*a));

    BUG_ON(!a);
    *a = (struct shell_ask){
        .next = sh->asks, .kind = kind, .token = token, .client = client, .id = id
    };
    sh->asks = a;
    return true;
}

/* Answers the clients that wait for this; result is stolen. `token` -1: all of the kind. */
static void answer(struct shell *sh, int kind, int64_t token, json_t *result)
{
    struct shell_ask **at = &sh->asks;

    while (*at) {
        struct shell_ask *a = *at;
        if ((int)a->kind != kind || (token >= 0 && a->token != token)) {
            at = &a->next;
            continue;
        }
        *at = a->next;
        if (a->pasted)
            a->pasted(a->arg, json_bool_or(result, "pasted", false));
        if (a->client)
            stream_reply(a->client, a->id, json_incref(result));
        free(a);
    }
    json_decref(result);
}

void shells_client_gone(struct supervisor *s, const struct link *client)
{
    for (struct shell *sh = s->shells; sh; sh = sh->next) {
        if (sh->open_client == client)
            sh->open_client = NULL;
        for (struct shell_ask *a = sh->asks; a; a = a->next)
            if (a->client == client)
                a->client = NULL;
    }
}

/* `offset`: where the shell's output ended when the guest looked. */
static json_t *prompt_view(bool at_prompt, int64_t offset)
{
    return json_pack("{s:b, s:I}", "at_prompt", at_prompt, "offset", (json_int_t)offset);
}

/* ---- the end of a shell ---- */

static void end_shell(struct shell *sh, int exit_code)
{
    scoped_json json_t *forget = json_pack("{s:b}", "forget", true);
    struct supervisor *s = sh->supervisor;
    struct pyro_error err = { 0 };

    sh->record.running = false;
    record_set_string(&sh->record.foreground, NULL);
    sh->record.at_prompt = false;
    sh->record.ended_at = clock_wall();
    sh->record.exit_code = exit_code;
    intake_flush(&sh->intake);
    guest_log_event(&sh->log.file, LOG_EVENT_END, sh->log.file.size,
                    exit_code >= 0 ? json_pack("{s:i}", "exit_code", exit_code) : NULL);
    guest_log_sync(&sh->log.file);
    if (!shell_record_save(s->dir_fd, &sh->record, &err))
        record_set_string(&s->record.last_error, err.message);
    answer(sh, ASK_END, -1, view(sh));
    answer(sh, ASK_RESIZE, -1, view(sh));
    answer(sh, ASK_PASTE, -1, NULL);
    answer(sh, ASK_PROMPT, -1, prompt_view(false, (int64_t)sh->log.file.size));
    s->record.shell_count--;
    supervisor_touch(s);
    stream_message(&sh->guest, forget); /* does nothing when the guest is gone */
    shell_free(sh);
}

static void open_failed(struct shell *sh, const struct pyro_error *why)
{
    struct supervisor *s = sh->supervisor;

    if (sh->open_client)
        stream_refuse(sh->open_client, sh->open_id, why);
    shell_remove_files(s->dir_fd, sh->record.id);
    if (strtol(sh->record.id + 2, NULL, 10) == s->shell_number)
        s->shell_number--; /* as if it had never existed */
    shell_free(sh);
}

void shells_end_all(struct supervisor *s, const struct pyro_error *why UNUSED)
{
    struct pyro_error lost = { 0 };

    pyro_fail(&lost, PYRO_GUEST_LOST, "the VM ended while the shell was opened");
    while (s->shells) {
        if (s->shells->opening)
            open_failed(s->shells, &lost);
        else
            end_shell(s->shells, -1);
    }
}

static void shells_settle_one(void *arg, const struct shell_record *r)
{
    struct supervisor *s = arg;
    struct shell_record ended = *r;

    if (!r->running)
        return;
    ended.running = false;
    ended.foreground = NULL; /* borrowed, as all of it */
    ended.at_prompt = false;
    ended.ended_at = clock_wall();
    ended.exit_code = -1;
    if (!shell_record_save(s->dir_fd, &ended, NULL))
        return; /* the next start tries again */
}

void shells_settle(struct supervisor *s)
{
    if (shell_each(s->dir_fd, shells_settle_one, s, NULL))
        s->record.shell_count = 0;
}

/* ---- output ---- */

/* How much of the output up to one of the guest's offsets is missing in the log. */
static uint64_t missing_before(struct shell *sh, uint64_t offset)
{
    uint64_t come = intake_offset(&sh->intake);

    return offset > come ? offset - come : sh->intake.retry.armed; /* armed: the disk is full */
}

/* The shell itself waits for input, and all earlier output is in the log: a program that left the
 * alternate screen on has died there. */
static void note_waiting(struct shell *sh)
{
    intake_pause(&sh->intake);
    if (sh->log.track.alternate)
        shell_log_alternate(&sh->log, false);
}

static void shells_on_data(struct stream *stream, enum wire_channel channel, const uint8_t *bytes,
                           size_t n)
{
    struct shell *sh = stream->arg;
    uint64_t offset;

    intake_data(&sh->intake, channel, bytes, n);
    if (!sh->waits_behind || missing_before(sh, sh->waits_behind))
        return;
    /* Output that came with it, if any, may be from a program started since. */
    offset = sh->waits_behind;
    sh->waits_behind = 0;
    if (offset == intake_offset(&sh->intake))
        note_waiting(sh);
}

static void shells_on_drained(void *arg)
{
    struct shell *sh = arg;

    end_shell(sh, sh->ended);
}

/* ---- input ---- */

static void shells_on_writable(struct stream *stream)
{
    struct shell *sh = stream->arg;

    shell_input_pump(&sh->input);
}

static bool type(struct shell *sh, const struct shell_typed *typed, int64_t token,
                 struct pyro_error *err)
{
    if (!shell_input_add(&sh->input, typed->as, typed->bytes, typed->size, token)) {
        pyro_fail(err, PYRO_SHELL_STATE, "shell '%s' does not read: %zu bytes wait for it",
                  sh->record.id, shell_input_waiting(&sh->input));
        return pyro_hint(err, "end what runs in it with 'pyro workspace shell signal'");
    }
    if (!sh->last_writer || strcmp(sh->last_writer, typed->by) != 0) {
        sh->last_writer = typed->by;
        guest_log_event(&sh->log.file, "input", sh->log.file.size,
                        json_pack("{s:s}", "by", sh->last_writer));
    }
    supervisor_touch(sh->supervisor);
    return true;
}

static bool paste(struct shell *sh, const struct shell_typed *typed, struct pyro_error *err)
{
    const struct shell_typed enter = {
        .by = typed->by, .as = TYPED_LINES, .bytes = "\n", .size = 1
    };
    int64_t token = ++sh->supervisor->prompt_token;

    ask(sh, ASK_PASTE, token, NULL, 0);
    if (!type(sh, typed, token, err)) {
        answer(sh, ASK_PASTE, token, NULL);
        return false;
    }
    sh->asks->pasted = typed->pasted;
    sh->asks->arg = typed->arg;
    return !typed->enter || type(sh, &enter, 0, err);
}

bool shells_type(struct supervisor *s, const char *id, const struct shell_typed *typed,
                 struct pyro_error *err)
{
    struct shell *sh = shells_find(s, id, err);

    return sh && (typed->as == TYPED_PASTE ? paste(sh, typed, err) : type(sh, typed, 0, err));
}

void shells_forget(struct supervisor *s, const void *arg)
{
    for (struct shell *sh = s->shells; sh; sh = sh->next)
        for (struct shell_ask *a = sh->asks; a; a = a->next)
            if (a->arg == arg)
                a->pasted = NULL;
}

/* ---- messages from the guest ---- */

static void shells_on_resized(struct shell *sh, const json_t *message)
{
    const json_t *size = json_object_get(message, "resized");
    int64_t cols = json_integer_value(json_array_get(size, 0));
    int64_t rows = json_integer_value(json_array_get(size, 1));
    int64_t offset = json_int_or(message, "offset", -1);

    if (cols < 1 || cols > 1000 || rows < 1 || rows > 1000 || offset < 0)
        return;
    sh->record.cols = cols;
    sh->record.rows = rows;
    shell_log_resize(&sh->log, guest_log_place(&sh->log.file, (uint64_t)offset));
    if (!shell_record_save(sh->supervisor->dir_fd, &sh->record, NULL))
        return; /* the event says it too */
    answer(sh, ASK_RESIZE, -1, view(sh));
}

static void shells_on_foreground(struct shell *sh, const json_t *message)
{
    const char *text = json_string_or(message, "foreground", "");
    int64_t age_ms = json_int_or(message, "age_ms", 0), offset;
    bool prompt = !*text && json_bool_or(message, "prompt", false), is_same;

    if (strlen(text) > FOREGROUND_MAX || age_ms < 0)
        return;
    is_same = sh->record.at_prompt && prompt; /* only its offset is new */
    free(sh->record.foreground);
    sh->record.foreground =
        hide_in_text(sh->supervisor->redactor, text, strlen(text) >= FOREGROUND_CUT);
    if (!is_same)
        sh->record.foreground_since = clock_wall() - (double)age_ms / 1000;
    sh->record.at_prompt = prompt;
    offset = sh->record.at_prompt ? json_int_or(message, "offset", -1) : -1;
    sh->waits_behind = offset >= 0 && missing_before(sh, (uint64_t)offset) ? (uint64_t)offset : 0;
    if (offset >= 0 && !sh->waits_behind)
        note_waiting(sh);
    if (is_same || !shell_record_save(sh->supervisor->dir_fd, &sh->record, NULL))
        return; /* the next change tries again */
}

/* An offset up to which everything arrived is in the file as far as it may be seen. */
static void shells_on_prompt(struct shell *sh, const json_t *message)
{
    bool at_prompt = json_bool_or(message, "at_prompt", false);
    uint64_t offset = (uint64_t)json_int_or(message, "offset", 0);

    if (at_prompt && !missing_before(sh, offset))
        note_waiting(sh);
    answer(sh, ASK_PROMPT, json_int_or(message, "prompt", 0),
           prompt_view(at_prompt, (int64_t)(sh->log.file.size + missing_before(sh, offset))));
}

static void shells_on_message(struct stream *stream, const json_t *message)
{
    struct shell *sh = stream->arg;
    const json_t *ended = json_object_get(message, "ended");

    if (json_is_string(json_object_get(message, "foreground")))
        shells_on_foreground(sh, message);

    if (json_is_array(json_object_get(message, "resized")))
        shells_on_resized(sh, message);
    if (json_is_integer(json_object_get(message, "prompt")))
        shells_on_prompt(sh, message);
    if (json_is_boolean(json_object_get(message, "pasted")))
        answer(sh, ASK_PASTE, json_int_or(message, "token", 0),
               json_incref((json_t *)(uintptr_t)message));
    if (!json_is_integer(ended))
        return;
    sh->ended = (int)(json_integer_value(ended) & 255);
    if (intake_end(&sh->intake, shells_on_drained, sh))
        end_shell(sh, sh->ended);
}

/* The guest does not have it (any more), or is lost; the latter is handled with the link. */
static void shells_on_closed(struct stream *stream, const json_t *result,
                             const struct pyro_error *why UNUSED)
{
    struct shell *sh = stream->arg;

    if (result)
        end_shell(sh, -1);
}

static bool attach(struct shell *sh, struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = shells_on_data,
                                           .message = shells_on_message,
                                           .writable = shells_on_writable,
                                           .closed = shells_on_closed };
    intake_recall(&sh->intake);
    scoped_json json_t *request =
        json_pack("{s:s, s:s, s:I}", "op", "shell_attach", "shell", sh->record.id, "offset",
                  (json_int_t)guest_log_offset(&sh->log.file));

    return stream_open(sh->supervisor->guest, &sh->guest, request, &ops, sh, err);
}

/* ---- opening ---- */

static struct shell *shell_new(struct supervisor *s, const struct shell_record *r,
                               struct pyro_error *err)
{
    struct shell *sh = calloc(1, sizeof(*sh));

    BUG_ON(!sh);
    sh->supervisor = s;
    sh->ended = -1;
    sh->record = *r;
    sh->record.cwd = str_printf("%s", r->cwd);
    sh->record.foreground = NULL; /* the guest reports it again */
    shell_input_init(&sh->input, &sh->guest);
    if (!shell_log_open(&sh->log, s->dir_fd, &sh->record, s->record.secrets, err)) {
        shell_record_release(&sh->record);
        free(sh);
        return NULL;
    }
    shell_query_init(&sh->query, s->loop, &sh->log, &sh->guest);
    intake_init(&sh->intake, s, &sh->log.file, &sh->guest);
    sh->next = s->shells;
    s->shells = sh;
    return sh;
}

/* The guest's answer to shell_open. */
static void shells_on_opened(struct stream *stream, const json_t *result,
                             const struct pyro_error *why)
{
    struct shell *sh = stream->arg;
    struct supervisor *s = sh->supervisor;
    struct pyro_error err = { 0 };

    if (!result)
        err = *why;
    if (!result || !error_from_result(result, &err) || !attach(sh, &err)) {
        open_failed(sh, &err);
        return;
    }
    sh->opening = false;
    s->record.shell_count++;
    supervisor_touch(s);
    if (sh->open_client)
        stream_reply(sh->open_client, sh->open_id, view(sh));
    sh->open_client = NULL;
}

/*
 * A program that types into a shell does not see what a person sees: so no pager waits for a key,
 * no editor opens, and an exclamation mark is one. See docs/shells.md.
 */
static json_t *program_env(void)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "PAGER", "cat", "GIT_PAGER", "cat", "MANPAGER",
                     "cat", "SYSTEMD_PAGER", "cat", "GIT_EDITOR", "true");
}

static bool open_in_guest(struct shell *sh, struct command_request *r, struct pyro_error *err)
{
    static const struct stream_ops ops = { .closed = shells_on_opened };
    scoped_json json_t *given = take_ptr(&r->env), *request = NULL;

    r->for_program = !r->interactive;
    r->env = r->for_program ? program_env() : json_object();
    json_object_set_new(r->env, "TERM", json_string("xterm-256color"));
    json_object_update(r->env, given);
    if (!secret_use_env(sh->supervisor, r, err))
        return false;
    r->shell = str_printf("%s", sh->record.id);
    r->command = json_pack("[s, s*]", "bash", r->for_program ? "+H" : NULL);
    request = command_request_pack(shell_request_rows, r, "shell_open", NULL);
    return stream_open(sh->supervisor->guest, &sh->guest, request, &ops, sh, err);
}

static struct shell *begin(struct supervisor *s, const struct command_request *request,
                           struct pyro_error *err)
{
    struct shell_record r = { .running = true,
                              .host_compat = s->record.host_compat,
                              .cols = request->cols,
                              .rows = request->rows,
                              .started_at = clock_wall(),
                              .exit_code = -1 };
    scoped_free char *cwd = hide_in_text(s->redactor, request->cwd, false);

    r.cwd = cwd;
    if (mkdirat(s->dir_fd, SHELLS_DIR, 0700) != 0 && !s->shell_number)
        s->shell_number = (int)shell_highest_number(s->dir_fd);
    snprintf(r.id, sizeof(r.id), "sh%d", ++s->shell_number % 1000000000);
    shell_remove_files(s->dir_fd, r.id); /* a log without a record belongs to no shell */
    return shell_new(s, &r, err);
}

void shells_open(struct supervisor *s, struct link *client, uint32_t id, const json_t *message)
{
    scoped_command_request request = { 0 };
    struct pyro_error err = { 0 };
    struct shell *sh = NULL;

    if (supervisor_check_guest(s, &err) &&
        command_request_load(shell_request_rows, message, &request, &err))
        sh = begin(s, &request, &err);
    if (!sh) {
        stream_refuse(client, id, &err);
        return;
    }
    sh->opening = true;
    sh->open_client = client;
    sh->open_id = id;
    /* Recorded before the guest has it: after a crash the next supervisor finds it and cleans
     * up. */
    if (!shell_record_save(s->dir_fd, &sh->record, &err) || !open_in_guest(sh, &request, &err))
        open_failed(sh, &err);
}

static void shells_adopt_one(void *arg, const struct shell_record *r)
{
    struct supervisor *s = arg;
    struct pyro_error err = { 0 };
    struct shell *sh = r->running ? shell_new(s, r, &err) : NULL;

    if (!sh)
        return;
    s->record.shell_count++;
    if (!attach(sh, &err))
        end_shell(sh, -1);
}

void shells_adopt(struct supervisor *s)
{
    struct pyro_error err = { 0 };

    s->record.shell_count = 0;
    if (!shell_each(s->dir_fd, shells_adopt_one, s, &err))
        record_set_string(&s->record.last_error, err.message);
}

/* ---- requests ---- */

struct shell *shells_find(struct supervisor *s, const char *id, struct pyro_error *err)
{
    struct shell_record r;

    for (struct shell *sh = s->shells; sh; sh = sh->next)
        if (!strcmp(sh->record.id, id) && !sh->opening)
            return sh;
    if (shell_record_load(s->dir_fd, id, &r, err)) {
        pyro_fail(err, PYRO_SHELL_STATE, "shell '%s' %s", id,
                  r.running ? "is not open yet" : "has ended");
        shell_record_release(&r);
    }
    return NULL;
}

void shells_resize(struct shell *sh, int64_t cols, int64_t rows, struct link *client, uint32_t id)
{
    scoped_json json_t *message =
        json_pack("{s:[I, I]}", "resize", (json_int_t)cols, (json_int_t)rows);

    if (ask(sh, ASK_RESIZE, 0, client, id))
        stream_message(&sh->guest, message);
}

void shells_signal(struct shell *sh, const char *name, struct link *client, uint32_t id)
{
    scoped_json json_t *message = json_pack("{s:s}", "signal", name);

    stream_message(&sh->guest, message);
    stream_reply(client, id, view(sh));
}

void shells_close(struct shell *sh, struct link *client, uint32_t id)
{
    scoped_json json_t *message = json_pack("{s:i}", "close", CLOSE_MS);

    if (ask(sh, ASK_END, 0, client, id))
        stream_message(&sh->guest, message);
}

void shells_prompt(struct shell *sh, struct link *client, uint32_t id)
{
    int64_t token = ++sh->supervisor->prompt_token;
    scoped_json json_t *message = json_pack("{s:I}", "prompt", (json_int_t)token);

    if (shell_input_waiting(&sh->input)) /* it has not read that yet */
        stream_reply(client, id, prompt_view(false, (int64_t)sh->log.file.size));
    else if (ask(sh, ASK_PROMPT, token, client, id))
        stream_message(&sh->guest, message);
}

json_t *shells_view(const struct shell *sh)
{
    return view(sh);
}

void shells_sync(struct supervisor *s)
{
    for (struct shell *sh = s->shells; sh; sh = sh->next)
        guest_log_sync(&sh->log.file);
}
