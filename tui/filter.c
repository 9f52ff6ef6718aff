/* tui/filter.c: the words of a filter. */
#include "tui/filter.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/fs.h"

static bool label_matches(const struct watched_workspace *w, const char *word)
{
    const char *key;
    json_t *value;

    json_object_foreach (w->record.labels, key, value) {
        scoped_free char *label = str_printf("%s=%s", key, json_string_value(value));
        if (strcasestr(label, word))
            return true;
    }
    return false;
}

static bool word_matches(const struct watched_workspace *w, const char *word)
{
    const struct workspace_record *r = &w->record;

    if (!strncasecmp(word, "state:", 6))
        return !strncasecmp(workspace_state_name(r->state), word + 6, strlen(word + 6)) ||
               !strncasecmp(attention_states[model_attention(w)], word + 6, strlen(word + 6));
    if (!strncasecmp(word, "label:", 6))
        return label_matches(w, word + 6);
    return (r->name && strcasestr(r->name, word)) || strcasestr(r->id, word) ||
           (r->environment && strcasestr(r->environment, word)) || label_matches(w, word);
}

bool filter_matches(const struct watched_workspace *w, const char *filter)
{
    scoped_free char *words = strdup(filter);
    char *at = NULL;

    BUG_ON(!words);
    for (char *word = strtok_r(words, " ", &at); word; word = strtok_r(NULL, " ", &at))
        if (!word_matches(w, word))
            return false;
    return true;
}
