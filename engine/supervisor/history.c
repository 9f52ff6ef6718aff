/* engine/supervisor/history.c: commands that ended, on their way into the history. */
#include "engine/supervisor/history.h"

#include <stdlib.h>
#include <string.h>

#define RETRY_MS 1000
#define KEPT_BYTES_MAX (16 * COMMAND_OUTPUT_MAX) /* of outputs, in memory */
#define UNWRITTEN "the command history cannot be written"

struct unwritten {
    struct unwritten *next;
    json_t *entry;
};

/* The record's error, or the one that it will have again when the pause is over. */
static char **error_of(struct supervisor *s)
{
    return s->record.paused_reason ? &s->error_before_pause : &s->record.last_error;
}

static bool clear_if_ours(char **error)
{
    if (!*error || strncmp(*error, UNWRITTEN, strlen(UNWRITTEN)) != 0)
        return false;
    record_set_string(error, NULL);
    return true;
}

static void all_is_written(struct supervisor *s)
{
    bool cleared = clear_if_ours(&s->record.last_error);

    if (clear_if_ours(&s->error_before_pause) || cleared)
        supervisor_save_soon(s);
}

static void complain(struct supervisor *s, struct pyro_error *why)
{
    pyro_wrap(why, UNWRITTEN);
    if (s->phase == PHASE_ENDED) {
        supervisor_complain(s, why->message); /* the record says how the machine ended */
        return;
    }
    record_set_string(error_of(s), why->message);
    supervisor_save_soon(s);
}

static void pop(struct supervisor *s)
{
    struct unwritten *first = s->unwritten;

    s->unwritten = first->next;
    json_decref(first->entry);
    free(first);
}

static void history_write_all(void *arg)
{
    struct supervisor *s = arg;
    struct pyro_error err = { 0 };

    while (s->unwritten && command_write(&s->commands, s->unwritten->entry, &err))
        pop(s);
    if (!s->unwritten) {
        all_is_written(s);
        return;
    }
    complain(s, &err);
    if (s->phase != PHASE_ENDED)
        loop_timer_set(s->loop, &s->write_history, RETRY_MS, history_write_all, s);
}

static size_t output_bytes(const json_t *entry)
{
    return json_string_length(json_object_get(entry, "stdout")) +
           json_string_length(json_object_get(entry, "stderr"));
}

/* The entry says how much there was, and that it is truncated. */
static void drop_output(json_t *entry, const char *name, const char *truncated)
{
    if (!json_string_length(json_object_get(entry, name)))
        return;
    json_object_set_new(entry, name, json_string(""));
    json_object_set_new(entry, truncated, json_true());
}

void history_add(struct supervisor *s, json_t *entry)
{
    struct unwritten *added = calloc(1, sizeof(*added)), **at = &s->unwritten;
    size_t bytes = output_bytes(entry);

    BUG_ON(!added);
    added->entry = entry;
    for (; *at; at = &(*at)->next)
        bytes += output_bytes((*at)->entry);
    if (bytes > KEPT_BYTES_MAX) {
        drop_output(entry, "stdout", "stdout_truncated");
        drop_output(entry, "stderr", "stderr_truncated");
    }
    *at = added;
    history_write_all(s);
}

void history_forget(struct supervisor *s)
{
    loop_timer_cancel(s->loop, &s->write_history);
    while (s->unwritten)
        pop(s);
    clear_if_ours(&s->record.last_error);
    clear_if_ours(&s->error_before_pause);
}

void history_take_over(struct supervisor *s)
{
    size_t i;
    json_t *entry;

    history_forget(s);
    json_array_foreach (s->commands.unwritten, i, entry)
        history_add(s, json_incref(entry));
    json_decref(s->commands.unwritten);
    s->commands.unwritten = NULL;
}
