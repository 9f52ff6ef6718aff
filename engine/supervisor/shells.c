/* engine/supervisor/shells.c: the shells of the workspace: opened, taken over, typed into, ended. */
#include "engine/supervisor/shells.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/secret/hide.h"
#include "engine/state/news.h"
#include "engine/supervisor/command_env.h"
#include "engine/supervisor/shell.h"
#include "engine/supervisor/shell_doing.h"
#include "vmm/base/fs.h"

#define CLOSE_MS 1000 /* from HUP to KILL */

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

/* ---- the end ---- */

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
            shell_end(s->shells, -1);
    }
}

void shells_suspend(struct supervisor *s)
{
    struct pyro_error why = { 0 };

    pyro_fail(&why, PYRO_WORKSPACE_STATE, "workspace '%s' was suspended", s->record.id);
    for (struct shell *sh = s->shells; sh; sh = sh->next)
        for (struct shell_ask *a = sh->asks; a; a = a->next) {
            if (a->client)
                stream_refuse(a->client, a->id, &why);
            a->client = NULL;
        }
}

static void shells_end_stale_one(void *arg, const struct shell_record *r)
{
    struct supervisor *s = arg;
    struct shell_record ended = *r;

    if (!r->running)
        return;
    ended.running = false;
    ended.foreground = NULL; /* borrowed, as all of it */
    shell_doing_forget(&ended);
    ended.ended_at = clock_wall();
    ended.exit_code = -1;
    if (!shell_record_save(s->dir_fd, &ended, NULL))
        return; /* the next start tries again */
    supervisor_note(s, TIMELINE_ENTRY(TIMELINE_SHELL_ENDED, .id = r->id, .exit_code = -1,
                                      .state = "its VM ended"));
}

void shells_end_stale(struct supervisor *s)
{
    if (shell_each(s->dir_fd, shells_end_stale_one, s, NULL))
        s->record.shell_count = 0;
    shell_doing_update(s);
}

/* ---- input ---- */

static bool ends_line(char c)
{
    return c == '\r' || c == '\n';
}

static bool type(struct shell *sh, const struct shell_typed *typed, int64_t token,
                 struct pyro_error *err)
{
    if (!shell_input_add(&sh->input, typed->as, typed->caller, typed->bytes, typed->size, token)) {
        pyro_fail(err, PYRO_SHELL_STATE, "shell '%s' does not read: %zu bytes wait for it",
                  sh->record.id, shell_input_waiting(&sh->input));
        return pyro_hint(err, "end what runs in it with 'pyro workspace shell signal'");
    }
    if (!sh->last_writer || strcmp(sh->last_writer, typed->by) != 0) {
        sh->last_writer = typed->by;
        guest_log_event(&sh->log.file, "input", sh->log.file.size,
                        json_pack("{s:s}", "by", sh->last_writer));
    }
    if (typed->size)
        sh->editing = !ends_line(((const char *)typed->bytes)[typed->size - 1]);
    shell_doing_forget_notice(&sh->doing);
    supervisor_touch_soon(sh->supervisor); /* a key does not wait for files */
    return true;
}

static bool paste(struct shell *sh, const struct shell_typed *typed, struct pyro_error *err)
{
    const struct shell_typed enter = {
        .by = typed->by, .caller = typed->caller, .as = TYPED_LINES, .bytes = "\n", .size = 1
    };
    int64_t token = ++sh->supervisor->prompt_token;

    shell_await(sh, ASK_PASTE, token, NULL, 0);
    if (!type(sh, typed, token, err)) {
        shell_answer(sh, ASK_PASTE, token, NULL);
        return false;
    }
    sh->asks->pasted = typed->pasted;
    sh->asks->arg = typed->arg;
    return !typed->enter || type(sh, &enter, 0, err);
}

void shells_control(struct supervisor *s, const char *id, bool more)
{
    struct shell *sh = shells_find(s, id, NULL);

    if (sh)
        shell_doing_controlled(&sh->doing, more);
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

void shells_acknowledge(struct supervisor *s, const json_t *sources)
{
    const json_t *source;
    size_t i;

    json_array_foreach (sources, i, source)
        for (struct shell *sh = s->shells; sh; sh = sh->next)
            if (news_source_covers(json_string_value(source), NEWS_SHELL, sh->record.id))
                shell_doing_forget_notice(&sh->doing);
}

/* ---- opening ---- */

/* The guest's answer to shell_open. */
static void shells_on_opened(struct stream *stream, const json_t *result,
                             const struct pyro_error *why)
{
    struct shell *sh = stream->arg;
    struct supervisor *s = sh->supervisor;
    struct pyro_error err = { 0 };

    if (!result)
        err = *why;
    if (!result || !error_from_result(result, &err) || !shell_follow(sh, &err)) {
        open_failed(sh, &err);
        return;
    }
    sh->opening = false;
    s->record.shell_count++;
    supervisor_note(s, TIMELINE_ENTRY(TIMELINE_SHELL_OPENED, .id = sh->record.id,
                                      .text = sh->record.cwd, .secrets = sh->secrets));
    supervisor_touch(s);
    if (sh->open_client)
        stream_reply(sh->open_client, sh->open_id, shell_view(sh));
    sh->open_client = NULL;
}

/*
 * A program that types into a shell does not see what a person sees: so no pager waits for a key,
 * no editor opens, and an exclamation mark means nothing special. See docs/shells.md.
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
    if (!command_env_complete(sh->supervisor, r, err))
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

bool shells_open(struct supervisor *s, struct link *client, uint32_t id, const json_t *message,
                 struct pyro_error *err)
{
    scoped_command_request request = { 0 };
    struct shell *sh = NULL;

    if (supervisor_check_guest(s, err) &&
        command_request_load(shell_request_rows, message, &request, err))
        sh = begin(s, &request, err);
    if (!sh)
        return false;
    sh->opening = true;
    sh->secrets = command_env_secrets(&request);
    sh->open_client = client;
    sh->open_id = id;
    /* Recorded before the guest has it: after a crash the next supervisor finds it and cleans
     * up. */
    if (!shell_record_save(s->dir_fd, &sh->record, err) || !open_in_guest(sh, &request, err))
        open_failed(sh, err);
    return true;
}

static void shells_adopt_one(void *arg, const struct shell_record *r)
{
    struct supervisor *s = arg;
    struct pyro_error err = { 0 };
    struct shell *sh = r->running ? shell_new(s, r, &err) : NULL;

    if (!sh)
        return;
    s->record.shell_count++;
    if (!shell_follow(sh, &err))
        shell_end(sh, -1);
}

void shells_adopt(struct supervisor *s)
{
    struct pyro_error err = { 0 };

    s->record.shell_count = 0;
    if (!shell_each(s->dir_fd, shells_adopt_one, s, &err))
        record_set_string(&s->record.last_error, err.message);
    shell_doing_update(s);
}

/* ---- requests ---- */

struct shell *shells_find(struct supervisor *s, const char *id, struct pyro_error *err)
{
    scoped_shell_record struct shell_record r = { 0 };

    for (struct shell *sh = s->shells; sh; sh = sh->next)
        if (!strcmp(sh->record.id, id) && !sh->opening)
            return sh;
    if (shell_record_load(s->dir_fd, id, &r, err))
        pyro_fail(err, PYRO_SHELL_STATE, "shell '%s' %s", id,
                  r.running ? "is not open yet" : "has ended");
    return NULL;
}

void shells_resize(struct shell *sh, int64_t cols, int64_t rows, struct link *client, uint32_t id)
{
    scoped_json json_t *message =
        json_pack("{s:[I, I]}", "resize", (json_int_t)cols, (json_int_t)rows);

    shell_await(sh, ASK_RESIZE, 0, client, id);
    stream_message(&sh->guest, message);
}

void shells_signal(struct shell *sh, const char *name, struct link *client, uint32_t id)
{
    scoped_json json_t *message = json_pack("{s:s}", "signal", name);

    stream_message(&sh->guest, message);
    stream_reply(client, id, shell_view(sh));
}

void shells_close(struct shell *sh, struct link *client, uint32_t id)
{
    scoped_json json_t *message = json_pack("{s:i}", "close", CLOSE_MS);

    shell_await(sh, ASK_END, 0, client, id);
    stream_message(&sh->guest, message);
}

void shells_prompt(struct shell *sh, struct link *client, uint32_t id)
{
    int64_t token = ++sh->supervisor->prompt_token;
    scoped_json json_t *message = json_pack("{s:I}", "prompt", (json_int_t)token);

    if (shell_input_waiting(&sh->input)) { /* it has not read that yet */
        stream_reply(client, id, shell_prompt_view(NULL, (int64_t)sh->log.file.size));
        return;
    }
    shell_await(sh, ASK_PROMPT, token, client, id);
    stream_message(&sh->guest, message);
}

json_t *shells_prompt_unknown(void)
{
    return shell_prompt_view(NULL, 0);
}

json_t *shells_view(const struct shell *sh)
{
    return shell_view(sh);
}

void shells_sync(struct supervisor *s)
{
    for (struct shell *sh = s->shells; sh; sh = sh->next)
        guest_log_sync(&sh->log.file);
}
