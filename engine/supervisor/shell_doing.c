/* engine/supervisor/shell_doing.c: what shells do, into the records. */
#include "engine/supervisor/shell_doing.h"

#include <stdlib.h>
#include <string.h>

#include "engine/secret/hide.h"
#include "engine/state/attention.h"
#include "vmm/base/fs.h"
#include "vmm/base/printable.h"

#define TEXT_MAX 1024 /* bytes the guest may report */
#define TEXT_CUT 150  /* a longer one may have been cut by the guest */
#define SAVE_EVERY_MS 100
#define SIGNALLED_STATUS 128 /* above this a signal ended it, as closing it does: no error */
#define LONG_SECONDS 60      /* what has run for as long is news when it ends */
#define NOTICE_MAX 200       /* bytes of a text that wants to be noticed */

/* ---- the workspace ---- */

static bool is_more_urgent(const struct shell_record *r, const struct shell_record *than)
{
    enum attention_state a = shell_attention_state(r), b = shell_attention_state(than);

    return a > b || (a == b && r->doing_since < than->doing_since);
}

static const struct shell_record *most_urgent(const struct supervisor *s)
{
    const struct shell_record *best = NULL;

    for (const struct shell_doing *d = s->doing; d; d = d->next)
        if (shell_attention_state(d->record) != ATTENTION_NONE &&
            (!best || is_more_urgent(d->record, best)))
            best = d->record;
    return best;
}

void shell_doing_update(struct supervisor *s)
{
    const struct shell_record *urgent = most_urgent(s);
    json_t *attention = urgent ? shell_attention(urgent) : NULL;

    if (attention == s->record.attention || json_equal(attention, s->record.attention)) {
        json_decref(attention);
        return;
    }
    json_decref(s->record.attention);
    s->record.attention = attention;
    supervisor_save(s, false);
}

static void shell_doing_save(void *arg)
{
    struct supervisor *s = arg;

    s->doing_saved_ms = clock_ms();
    for (struct shell_doing *d = s->doing; d; d = d->next)
        if (d->unsaved) /* one that cannot be written is tried again with the next */
            d->unsaved = !shell_record_save(s->dir_fd, d->record, NULL);
    shell_doing_update(s);
}

static void save_soon(struct supervisor *s)
{
    int64_t left = s->doing_saved_ms + SAVE_EVERY_MS - clock_ms();

    if (left <= 0)
        shell_doing_save(s);
    else if (!s->doing_save.armed)
        loop_timer_set(s->loop, &s->doing_save, left, shell_doing_save, s);
}

/* ---- a shell ---- */

void shell_doing_init(struct shell_doing *d, struct supervisor *s, struct shell_record *record)
{
    shell_doing_forget(record);
    record->controllers = 0;
    *d = (struct shell_doing){ .next = s->doing, .supervisor = s, .record = record };
    s->doing = d;
}

void shell_doing_release(struct shell_doing *d)
{
    list_remove(&d->supervisor->doing, d);
    shell_doing_update(d->supervisor);
}

void shell_doing_forget(struct shell_record *r)
{
    free(r->foreground);
    r->foreground = NULL;
    r->at_prompt = false;
    r->doing = SHELL_RUNS;
    r->hides = false;
}

enum shell_doing_state shell_doing_of(const json_t *message)
{
    const char *name = json_string_or(message, "state", "");
    int i = SHELL_ASKS;

    while (i > SHELL_RUNS && strcmp(shell_doing_states[i], name) != 0)
        i--;
    return (enum shell_doing_state)i;
}

void shell_doing_ended(struct shell_doing *d, int exit_code)
{
    char slot[NEWS_SLOT_MAX], text[64];

    news_slot(NEWS_SHELL, d->record->id, slot);
    snprintf(text, sizeof(text), "exit code %d", exit_code);
    if (exit_code > 0 && exit_code <= SIGNALLED_STATUS)
        supervisor_news(d->supervisor, slot, ATTENTION_FAILED, "shell", d->record->id, text);
    else
        supervisor_news_over(d->supervisor, slot);
}

/* What ran in the foreground (r, as it was) is followed by something else, or by the prompt. */
static void tell_foreground(struct shell_doing *d, bool prompt)
{
    const struct shell_record *r = d->record;
    char slot[NEWS_SLOT_MAX];

    news_slot(NEWS_SHELL, r->id, slot);
    if (!prompt)
        supervisor_news_over(d->supervisor, slot);
    else if (r->foreground && *r->foreground && clock_wall() - r->foreground_since >= LONG_SECONDS)
        supervisor_news(d->supervisor, slot, ATTENTION_FINISHED, "shell", r->id, r->foreground);
}

void shell_doing_note(struct shell_doing *d, const json_t *message)
{
    const char *text = json_string_or(message, "foreground", "");
    int64_t age_ms = json_int_or(message, "age_ms", 0);
    bool prompt = !*text && json_bool_or(message, "prompt", false), is_same;
    enum shell_doing_state doing = shell_doing_of(message);
    bool hides = doing == SHELL_ASKS && json_bool_or(message, "hides", false);
    struct shell_record *r = d->record;
    char *shown;

    if (strlen(text) > TEXT_MAX || age_ms < 0)
        return;
    shown = hide_in_text(d->supervisor->redactor, text, strlen(text) >= TEXT_CUT);
    is_same = r->foreground && !strcmp(r->foreground, shown) && r->at_prompt == prompt;
    if (!is_same)
        tell_foreground(d, prompt);
    free(r->foreground);
    r->foreground = shown;
    if (is_same && r->doing == doing && r->hides == hides)
        return; /* only its offset is new */
    if (!is_same)
        r->foreground_since = clock_wall() - (double)age_ms / 1000;
    if (r->doing != doing)
        r->doing_since = clock_wall();
    r->at_prompt = prompt;
    r->doing = doing;
    r->hides = hides;
    d->unsaved = true;
    save_soon(d->supervisor);
}

void shell_doing_controlled(struct shell_doing *d, bool more)
{
    if (!more && !d->record->controllers) /* it was forgotten */
        return;
    d->record->controllers += more ? 1 : -1;
    d->unsaved = true;
    save_soon(d->supervisor);
}

/* ---- what wants to be noticed ---- */

/* Until somebody notices, a flood of the same is one, and a bell adds nothing to a text. */
static bool is_known(const struct shell_record *r, const char *text)
{
    return r->notice && (!*text || !strcmp(r->notice, text));
}

void shell_doing_notice(struct shell_doing *d, const char *text)
{
    struct shell_record *r = d->record;
    scoped_free char *shown = NULL;
    char clean[NOTICE_MAX];

    if (is_known(r, text)) /* as it is, mostly */
        return;
    shown = hide_in_text(d->supervisor->redactor, text, false);
    printable_copy(shown, clean, sizeof(clean));
    if (is_known(r, clean))
        return;
    free(r->notice);
    r->notice = str_printf("%s", clean);
    r->notice_at = clock_wall();
    d->unsaved = true;
    save_soon(d->supervisor);
}

void shell_doing_forget_notice(struct shell_doing *d)
{
    if (!d->record->notice)
        return;
    free(d->record->notice);
    d->record->notice = NULL;
    d->unsaved = true;
    save_soon(d->supervisor);
}
