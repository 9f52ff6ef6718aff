/* engine/cmd/summary.c: from a command's `told` and its result to the items of the line. */
#include "engine/cmd/summary.h"

#include <string.h>

#include "engine/cmd/text.h"

/* NULL: it is left out. */
static const char *text_of(const json_t *value, bool only_if_set, struct number_text *space)
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value) && !(only_if_set && json_integer_value(value) == 0))
        return number_text(space, json_integer_value(value));
    if (json_is_boolean(value) && !(only_if_set && json_is_false(value)))
        return json_is_true(value) ? "True" : "False";
    return NULL;
}

/* One word of `told`, which is cut up. */
static void add_item(struct summary_item *ret, char *word, const json_t *value,
                     struct number_text *space)
{
    char *end = word + strlen(word) - 1, *alias = strchr(word, '=');
    char *path = alias ? alias + 1 : word, *member;
    bool only_if_set = *end == '?';

    if (only_if_set)
        *end = '\0';
    if (alias)
        *alias = '\0';
    while ((member = strsep(&path, "."))) {
        value = json_object_get(value, member);
        ret->key = alias ? word : member;
    }
    ret->value = text_of(value, only_if_set, space);
}

void summary_of(struct summary *ret, const struct cmd_spec *cmd, const json_t *result)
{
    char *rest = ret->told, *word;
    size_t n = 0;

    BUG_ON(!cmd->told || strlen(cmd->told) >= sizeof(ret->told));
    memcpy(ret->told, cmd->told, strlen(cmd->told) + 1);
    ret->name = strsep(&rest, " ");
    for (; (word = strsep(&rest, " ")); n++) {
        BUG_ON(n == SUMMARY_MEMBERS_MAX);
        add_item(&ret->items[n], word, result, &ret->numbers[n]);
    }
    ret->items[n] = (struct summary_item){ 0 };
}

void summary_tell(struct cmd_io *io, const struct cmd_spec *cmd, const json_t *result)
{
    struct summary s;

    summary_of(&s, cmd, result);
    cmd_io_summary(io, s.name, s.items);
}

void summary_answer(FILE *out, const struct cmd_spec *cmd, const json_t *result)
{
    struct summary s;

    summary_of(&s, cmd, result);
    fprintf(out, "[%s]", s.name);
    for (const struct summary_item *i = s.items; i->key; i++) {
        scoped_buf word = BUF_INIT(64 * 1024);
        if (i->value && text_quote(&word, i->value))
            fprintf(out, " %s=%s", i->key, word.data);
    }
    fputc('\n', out);
}
