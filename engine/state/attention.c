/* engine/state/attention.c: what needs a person's eye, to and from JSON. */
#include "engine/state/attention.h"

#include <string.h>

#include "vmm/base/fs.h"

#define ID_BYTES_MAX 64
#define TEXT_BYTES_MAX 1024

const char *const attention_states[] = { "none", "waits", "finished", "failed", "asks", NULL };
static const char *const kinds[] = { "vm", "shell", "exec", "service", NULL };

static const struct row_spec source_rows[] = {
    RES_STR("kind", .choices = kinds),
    RES_STR("id", .help = "Of the shell, command or service; the workspace's for vm"),
    ROW_END,
};

const struct row_spec attention_rows[] = {
    RES_STR("state", .choices = attention_states,
            .help =
                "asks: a program waits at a terminal for input; failed and finished: until they "
                "are acknowledged; waits: a shell is at its prompt"),
    RES_NUM("since", .nullable = true),
    RES_OBJECT("source", source_rows, .nullable = true),
    RES_STR("text", .nullable = true, .help = "The program that asks, or what ended, and how"),
    ROW_END,
};

static int index_of(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++)
        if (!strcmp(names[i], name))
            return i;
    return -1;
}

bool attention_kind_is_valid(const char *kind, size_t n)
{
    for (int i = 0; kinds[i]; i++)
        if (strlen(kinds[i]) == n && !memcmp(kinds[i], kind, n))
            return true;
    return false;
}

json_t *attention_new(enum attention_state state, double since, const char *kind, const char *id,
                      const char *text)
{
    json_t *source = kind ? json_pack("{s:s, s:s}", "kind", kind, "id", id) : json_null();

    return json_pack("{s:s, s:o, s:o, s:o}", "state", attention_states[state], "since",
                     since > 0 ? json_real(since) : json_null(), "source", source, "text",
                     text && *text ? json_string_lossy(text, strnlen(text, TEXT_BYTES_MAX))
                                   : json_null());
}

json_t *attention_of(const json_t *j)
{
    const json_t *source = json_object_get(j, "source");
    const char *kind = json_string_or(source, "kind", ""), *id = json_string_or(source, "id", "");
    int state = index_of(attention_states, json_string_or(j, "state", ""));

    if (state <= ATTENTION_NONE || index_of(kinds, kind) < 0 || strlen(id) > ID_BYTES_MAX)
        return NULL;
    return attention_new((enum attention_state)state, json_number_or(j, "since", 0), kind, id,
                         json_string_or(j, "text", NULL));
}

enum attention_state attention_state_of(const json_t *attention)
{
    int state = index_of(attention_states, json_string_or(attention, "state", "none"));

    return state < 0 ? ATTENTION_NONE : (enum attention_state)state;
}

enum activity attention_activity(enum attention_state state, const struct running *r)
{
    if (r->commands > 0)
        return ACTIVITY_RUNS;
    if (state == ATTENTION_WAITS)
        return ACTIVITY_WAITS;
    return r->shells > 0 || r->services > 0 ? ACTIVITY_RUNS : ACTIVITY_NONE;
}

const char *attention_word(enum attention_state state, const struct running *r, const char *none)
{
    enum activity activity = attention_activity(state, r);

    return state >= ATTENTION_FINISHED  ? attention_states[state]
           : activity == ACTIVITY_RUNS  ? "runs"
           : activity == ACTIVITY_WAITS ? attention_states[ATTENTION_WAITS]
                                        : none;
}

char *attention_text(const json_t *attention)
{
    const json_t *source = json_object_get(attention, "source");
    const char *kind = json_string_or(source, "kind", ""), *text;
    bool is_vm = !strcmp(kind, "vm"); /* its id is the workspace's */

    text = json_string_or(attention, "text", "");
    return str_printf("%s%s%s%s%s", kind, is_vm ? "" : " ",
                      is_vm ? "" : json_string_or(source, "id", ""), *text ? ": " : "", text);
}
