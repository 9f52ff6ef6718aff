/* tui/doing.c: what a workspace does, the most urgent of it. */
#include "tui/doing.h"

#include <stdio.h>
#include <string.h>

#include "tui/format.h"
#include "tui/last_line.h"
#include "vmm/base/fs.h"

/* The words of a command joined by spaces. */
static void join_words(const json_t *words, char *ret, size_t size)
{
    size_t used = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < json_array_size(words) && used + 1 < size; i++) {
        const char *word = json_string_value(json_array_get(words, i));
        int n = snprintf(ret + used, size - used, "%s%s", i ? " " : "", word ? word : "");
        used += n > 0 ? (size_t)n : 0;
    }
}

const char *doing_program(const struct watched_workspace *w)
{
    return model_attention(w) == ATTENTION_ASKS
               ? format_program(json_string_or(record_attention(&w->record), "text", ""))
               : "";
}

static void put_question(const struct watched_workspace *w, char *ret, size_t size)
{
    const struct watched_shell *shell = model_asking_shell(w);
    const char *line = shell ? last_line(w, shell) : "";

    snprintf(ret, size, "asks: %s", *line ? line : doing_program(w));
}

/* Of a shell, the line that it is given says more than its name. */
static const char *given_line(const char *command)
{
    static const char *const shells[] = { "sh -c ", "sh -lc ", "bash -c ", "bash -lc " };

    for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
        if (!strncmp(command, shells[i], strlen(shells[i])))
            return command + strlen(shells[i]);
    return command;
}

/* Of a command "exit 2: make" instead of "exec 3: exit code 2: make": a narrow column cuts the end. */
static void put_end(const json_t *attention, char *ret, size_t size)
{
    static const char code[] = "exit code ";
    scoped_free char *text = attention_text(attention);
    const char *kind = json_string_or(json_object_get(attention, "source"), "kind", ""),
               *how = json_string_or(attention, "text", ""), *command = strstr(how, ": ");

    if (strcmp(kind, NEWS_EXEC) != 0 || !command)
        snprintf(ret, size, "%s", text);
    else if (!strncmp(how, code, strlen(code)))
        snprintf(ret, size, "exit %.*s: %s", (int)(command - how - (long)strlen(code)),
                 how + strlen(code), given_line(command + 2));
    else
        snprintf(ret, size, "%.*s: %s", (int)(command - how), how, given_line(command + 2));
}

bool doing_command(struct watched_workspace *w, char *ret, size_t size, double *ret_since)
{
    const json_t *commands = model_commands(w), *c;
    scoped_free char *words = calloc(1, size);
    size_t i;

    BUG_ON(!words);
    json_array_foreach (commands, i, c) {
        if (!json_is_true(json_object_get(c, "running")))
            continue;
        join_words(json_object_get(c, "command"), words, size);
        snprintf(ret, size, "%s", given_line(words));
        *ret_since = json_number_or(c, "recorded_at", 0);
        return true;
    }
    return false;
}

enum role doing_in_shell(const struct shell_record *r, char *ret, size_t size)
{
    const char *program = format_program(r->foreground);
    bool asks = shell_attention_state(r) == ATTENTION_ASKS;

    if (asks || (!r->at_prompt && *program))
        snprintf(ret, size, "%s%s%s", asks ? "asks" : "runs", *program ? " " : "", program);
    else
        snprintf(ret, size, "%s", r->at_prompt ? "at its prompt" : "running");
    return asks ? ROLE_WARN : ROLE_GOOD;
}

static bool has_program(const struct watched_shell *shell)
{
    return shell->record.foreground && *shell->record.foreground;
}

/* The latest one, but one in which a program runs before one at its prompt. */
static const struct watched_shell *shell_at_work(const struct watched_workspace *w)
{
    const struct watched_shell *latest = model_latest_shell(w);

    for (size_t i = 0; latest && !has_program(latest) && i < w->shell_count; i++)
        if (w->shells[i].record.running && has_program(&w->shells[i]))
            return &w->shells[i];
    return latest;
}

/* What needs the operator's eye; false: nothing does. */
static bool put_urgent(const struct watched_workspace *w, char *ret, size_t size)
{
    enum attention_state state = model_attention(w);

    if (state == ATTENTION_ASKS)
        put_question(w, ret, size);
    else if (state >= ATTENTION_FINISHED)
        put_end(record_attention(&w->record), ret, size);
    return state >= ATTENTION_FINISHED;
}

void doing_of(struct watched_workspace *w, char *ret, size_t size, double *ret_since,
              bool *ret_idle)
{
    const struct watched_shell *shell = shell_at_work(w);

    ret[0] = '\0';
    *ret_since = 0;
    *ret_idle = false;
    if (put_urgent(w, ret, size)) {
        *ret_since = json_number_or(record_attention(&w->record), "since", 0);
    } else if (w->record.state != WORKSPACE_STARTED) {
        *ret_idle = true;
    } else if (doing_command(w, ret, size, ret_since)) {
        return;
    } else if (shell && has_program(shell)) {
        snprintf(ret, size, "%s", format_program(shell->record.foreground));
        *ret_since = model_runs_since(&shell->record);
    } else if (w->record.running_service_count) {
        snprintf(ret, size, "%lld service%s", (long long)w->record.running_service_count,
                 w->record.running_service_count == 1 ? "" : "s");
    } else {
        *ret_idle = true;
        if (!shell || !shell->record.at_prompt)
            return;
        snprintf(ret, size, "at its prompt");
        *ret_since = model_runs_since(&shell->record);
    }
}
