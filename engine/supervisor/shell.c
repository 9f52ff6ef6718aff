/* engine/supervisor/shell.c: one shell: its output, the guest's messages about it, and the clients
 * that wait for them. */
#include "engine/supervisor/shell.h"

#include <stdlib.h>

#include "engine/state/shell_cursor.h"
#include "vmm/base/fs.h"

void shell_free(struct shell *sh)
{
    list_remove(&sh->supervisor->shells, sh);
    stream_close(&sh->guest, NULL);
    shell_doing_release(&sh->doing);
    shell_query_release(&sh->query);
    shell_log_close(&sh->log);
    shell_record_release(&sh->record);
    intake_release(&sh->intake);
    shell_input_release(&sh->input);
    typed_release(&sh->typed);
    json_decref(sh->secrets);
    while (sh->asks) {
        struct shell_ask *a = sh->asks;
        sh->asks = a->next;
        free(a);
    }
    free(sh);
}

json_t *shell_view(const struct shell *sh)
{
    return shell_record_to_view(&sh->record, sh->supervisor->record.id);
}

/* The bell of a shell that edits a line answers a key, and wants nobody. */
static void shell_on_notice(void *arg, const char *text)
{
    struct shell *sh = arg;

    if (*text || !sh->record.at_prompt || !sh->editing)
        shell_doing_notice(&sh->doing, text);
}

struct shell *shell_new(struct supervisor *s, const struct shell_record *r, struct pyro_error *err)
{
    struct shell *sh = calloc(1, sizeof(*sh));

    BUG_ON(!sh);
    sh->supervisor = s;
    sh->ended = -1;
    sh->record = shell_record_copy(r);
    free(take_ptr(&sh->record.foreground));
    typed_init(&sh->typed, s, &sh->record, &sh->log.file.size);
    shell_input_init(&sh->input, &sh->guest, &sh->typed);
    if (!shell_log_open(&sh->log, s->dir_fd, &sh->record, s->record.secrets, err)) {
        shell_record_release(&sh->record);
        free(sh);
        return NULL;
    }
    shell_doing_init(&sh->doing, s, &sh->record);
    sh->log.noticed = shell_on_notice;
    sh->log.noticed_arg = sh;
    shell_query_init(&sh->query, s->loop, &sh->log, &sh->guest);
    intake_init(&sh->intake, s, &sh->log.file, &sh->guest);
    sh->next = s->shells;
    s->shells = sh;
    return sh;
}

/* ---- who waits for the guest ---- */

void shell_await(struct shell *sh, enum shell_ask_kind kind, int64_t token, struct link *client,
                 uint32_t id)
{
    struct shell_ask *a = calloc(1, sizeof(*a));

    BUG_ON(!a);
    *a = (struct shell_ask){
        .next = sh->asks, .kind = kind, .token = token, .client = client, .id = id
    };
    sh->asks = a;
}

void shell_answer(struct shell *sh, enum shell_ask_kind kind, int64_t token, json_t *result)
{
    struct shell_ask **at = &sh->asks;

    while (*at) {
        struct shell_ask *a = *at;
        if (a->kind != kind || (token >= 0 && a->token != token)) {
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

json_t *shell_prompt_view(const json_t *said, int64_t offset)
{
    enum shell_doing_state doing = shell_doing_of(said);

    return json_pack("{s:b, s:b, s:b, s:I}", "at_prompt", json_bool_or(said, "at_prompt", false),
                     "asks", doing == SHELL_ASKS, "waits", doing == SHELL_WAITS, "offset",
                     (json_int_t)offset);
}

/* ---- the end ---- */

void shell_end(struct shell *sh, int exit_code)
{
    scoped_json json_t *forget = json_pack("{s:b}", "forget", true);
    struct supervisor *s = sh->supervisor;
    struct pyro_error err = { 0 };

    sh->record.running = false;
    shell_doing_forget(&sh->record);
    sh->record.ended_at = clock_wall();
    sh->record.exit_code = exit_code;
    intake_flush(&sh->intake);
    guest_log_event(&sh->log.file, LOG_EVENT_END, sh->log.file.size,
                    exit_code >= 0 ? json_pack("{s:i}", "exit_code", exit_code) : NULL);
    guest_log_sync(&sh->log.file);
    if (!shell_record_save(s->dir_fd, &sh->record, &err))
        record_set_string(&s->record.last_error, err.message);
    shell_answer(sh, ASK_END, -1, shell_view(sh));
    shell_answer(sh, ASK_RESIZE, -1, shell_view(sh));
    shell_answer(sh, ASK_PASTE, -1, NULL);
    shell_answer(sh, ASK_PROMPT, -1, shell_prompt_view(NULL, (int64_t)sh->log.file.size));
    s->record.shell_count--;
    supervisor_note(
        s, TIMELINE_ENTRY(TIMELINE_SHELL_ENDED, .id = sh->record.id, .exit_code = exit_code,
                          .offset = (int64_t)shell_cursor_at(&sh->record, sh->log.file.size)));
    shell_doing_ended(&sh->doing, exit_code);
    supervisor_touch(s);
    stream_message(&sh->guest, forget); /* does nothing when the guest is gone */
    shell_free(sh);
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

static void shell_on_data(struct stream *stream, enum wire_channel channel, const uint8_t *bytes,
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

static void shell_on_drained(void *arg)
{
    struct shell *sh = arg;

    shell_end(sh, sh->ended);
}

static void shell_on_writable(struct stream *stream)
{
    struct shell *sh = stream->arg;

    shell_input_pump(&sh->input);
}

/* ---- messages from the guest ---- */

static void shell_on_resized(struct shell *sh, const json_t *message)
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
    shell_answer(sh, ASK_RESIZE, -1, shell_view(sh));
}

static void shell_on_foreground(struct shell *sh, const json_t *message)
{
    int64_t offset;

    shell_doing_note(&sh->doing, message);
    offset = sh->record.at_prompt ? json_int_or(message, "offset", -1) : -1;
    sh->waits_behind = offset >= 0 && missing_before(sh, (uint64_t)offset) ? (uint64_t)offset : 0;
    if (offset >= 0 && !sh->waits_behind)
        note_waiting(sh);
}

/* An offset up to which everything arrived is in the file as far as it may be seen. */
static void shell_on_prompt(struct shell *sh, const json_t *message)
{
    bool at_prompt = json_bool_or(message, "at_prompt", false);
    uint64_t offset = (uint64_t)json_int_or(message, "offset", 0);

    if (at_prompt && !missing_before(sh, offset))
        note_waiting(sh);
    shell_answer(
        sh, ASK_PROMPT, json_int_or(message, "prompt", 0),
        shell_prompt_view(message, (int64_t)(sh->log.file.size + missing_before(sh, offset))));
}

static void shell_on_message(struct stream *stream, const json_t *message)
{
    struct shell *sh = stream->arg;
    const json_t *ended = json_object_get(message, "ended");

    if (json_is_string(json_object_get(message, "foreground")))
        shell_on_foreground(sh, message);

    if (json_is_array(json_object_get(message, "resized")))
        shell_on_resized(sh, message);
    if (json_is_integer(json_object_get(message, "prompt")))
        shell_on_prompt(sh, message);
    if (json_is_boolean(json_object_get(message, "pasted")))
        shell_answer(sh, ASK_PASTE, json_int_or(message, "token", 0),
                     json_incref((json_t *)(uintptr_t)message));
    if (json_is_integer(json_object_get(message, "typed")))
        typed_reached(&sh->typed, message);
    if (!json_is_integer(ended))
        return;
    sh->ended = (int)(json_integer_value(ended) & 255);
    if (intake_end(&sh->intake, shell_on_drained, sh))
        shell_end(sh, sh->ended);
}

/* The guest does not have it (any more), or is lost; the latter is handled with the link. */
static void shell_on_closed(struct stream *stream, const json_t *result,
                            const struct pyro_error *why UNUSED)
{
    struct shell *sh = stream->arg;

    if (result)
        shell_end(sh, -1);
}

bool shell_follow(struct shell *sh, struct pyro_error *err)
{
    static const struct stream_ops ops = { .data = shell_on_data,
                                           .message = shell_on_message,
                                           .writable = shell_on_writable,
                                           .closed = shell_on_closed };
    intake_recall(&sh->intake);
    scoped_json json_t *request =
        json_pack("{s:s, s:s, s:I}", "op", "shell_attach", "shell", sh->record.id, "offset",
                  (json_int_t)guest_log_offset(&sh->log.file));

    return stream_open(sh->supervisor->guest, &sh->guest, request, &ops, sh, err);
}
