/* tui/timeline_row.c: an entry of a timeline in a table. */
#include "tui/timeline_row.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/state/timeline.h"
#include "vmm/base/fs.h"

static const char *const words[TIMELINE_EVENTS] = {
    [TIMELINE_CREATED] = "created",    [TIMELINE_STARTED] = "started",
    [TIMELINE_STOPPED] = "stopped",    [TIMELINE_FAILED] = "failed",
    [TIMELINE_EXEC_STARTED] = "exec",  [TIMELINE_EXEC_ENDED] = "exec",
    [TIMELINE_SHELL_OPENED] = "shell", [TIMELINE_SHELL_ENDED] = "shell",
    [TIMELINE_INPUT] = "typed",        [TIMELINE_FILES] = "files",
    [TIMELINE_SERVICE] = "service",    [TIMELINE_ATTENTION] = "attention",
    [TIMELINE_NETWORK] = "network",    [TIMELINE_SNAPSHOT] = "snapshot",
    [TIMELINE_RESET] = "reset",        [TIMELINE_FORKED] = "forked",
    [TIMELINE_COMMIT] = "commit",      [TIMELINE_SUSPENDED] = "suspended",
    [TIMELINE_RESUMED] = "resumed",
};

enum role timeline_row_role(const json_t *entry)
{
    const char *state = json_string_or(entry, "state", "");
    enum timeline_event event = timeline_event_of(entry);

    if (json_int_or(entry, "exit_code", 0) > 0 && event == TIMELINE_EXEC_ENDED)
        return ROLE_BAD;
    if (event == TIMELINE_FAILED || !strcmp(state, "failed") || !strcmp(state, "down"))
        return ROLE_BAD;
    if (!strcmp(state, "asks") || !strcmp(state, "refused") || event == TIMELINE_RESET)
        return ROLE_WARN;
    return ROLE_TEXT;
}

char *timeline_row_text(const json_t *entry)
{
    const json_t *secrets = json_object_get(entry, "secrets"), *name;
    bool hidden = json_bool_or(entry, "hidden", false);
    char *text =
        str_printf("%s", hidden ? "(not shown, so not kept)" : json_string_or(entry, "text", ""));
    size_t i;

    json_array_foreach (secrets, i, name) {
        scoped_free char *before = text;
        text = str_printf("%s%s%s", before, i ? ", " : "  secrets: ",
                          json_is_string(name) ? json_string_value(name) : "?");
    }
    return text;
}

/* The day only where it is another. */
static void timeline_row_when(const struct columns *t, void *row, struct cell *ret)
{
    time_t at = (time_t)json_number_or(row, "time", 0), now = (time_t)t->now;
    struct tm then, today;

    ret->role = ROLE_DIM;
    if (!localtime_r(&at, &then) || !localtime_r(&now, &today))
        return;
    strftime(ret->text, sizeof(ret->text),
             then.tm_yday == today.tm_yday && then.tm_year == today.tm_year ? "%H:%M:%S"
                                                                            : "%m-%d %H:%M",
             &then);
}

static void timeline_row_what(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    enum timeline_event event = timeline_event_of(row);

    snprintf(ret->text, sizeof(ret->text), "%s", event < TIMELINE_EVENTS ? words[event] : "?");
    ret->role = ROLE_ACCENT;
}

static void timeline_row_of(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    snprintf(ret->text, sizeof(ret->text), "%s", json_string_or(row, "id", ""));
}

static void timeline_row_how(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    enum timeline_event event = timeline_event_of(row);
    const char *state = json_string_or(row, "state", "");
    int64_t code = json_int_or(row, "exit_code", -1);

    ret->role = timeline_row_role(row);
    if (event == TIMELINE_INPUT)
        state = json_string_or(row, "by", "");
    else if (event == TIMELINE_EXEC_STARTED)
        state = "began";
    else if (event == TIMELINE_SHELL_OPENED)
        state = "opened";
    if (*state || event == TIMELINE_SERVICE)
        snprintf(ret->text, sizeof(ret->text), "%s", state);
    else if (code >= 0)
        snprintf(ret->text, sizeof(ret->text), "exit %lld", (long long)code);
    else if (event == TIMELINE_SHELL_ENDED)
        snprintf(ret->text, sizeof(ret->text), "ended");
}

static void timeline_row_took(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    int64_t ms = json_int_or(row, "duration_ms", -1);

    ret->role = ROLE_DIM;
    if (ms >= 100000)
        snprintf(ret->text, sizeof(ret->text), "%llds", (long long)ms / 1000);
    else if (ms >= 0)
        snprintf(ret->text, sizeof(ret->text), "%.1fs", (double)ms / 1000);
}

static void timeline_row_put_text(const struct columns *t UNUSED, void *row, struct cell *ret)
{
    scoped_free char *text = timeline_row_text(row);

    ret->role = json_bool_or(row, "hidden", false) ? ROLE_DIM : ROLE_TEXT;
    snprintf(ret->text, sizeof(ret->text), "%s", text);
}

const struct column timeline_columns[] = {
    { "WHEN", 11, .cell = timeline_row_when },
    { "WHAT", 9, .cell = timeline_row_what, .search = true },
    { "OF", 6, .part = 10, .grow = 10, .cell = timeline_row_of, .search = true },
    { "HOW", 9, .rank = 1, .part = 10, .grow = 4, .cell = timeline_row_how, .search = true },
    { "TOOK", 6, .right = true, .rank = 2, .cell = timeline_row_took },
    { "TEXT", 9, .part = 1, .grow = 10000, .cell = timeline_row_put_text, .search = true },
    { 0 },
};
