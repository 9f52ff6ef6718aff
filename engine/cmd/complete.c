/* engine/cmd/complete.c: walks a command line that is still being typed. Never fails: at worst it
 * offers nothing. */
#include "engine/cmd/complete.h"

#include <string.h>

#include "engine/cmd/argv.h"
#include "engine/cmd/complete_values.h"
#include "vmm/base/fs.h"

static void offer(json_t *list, const char *word, const char *value, const char *help)
{
    if (strncmp(value, word, strlen(word)))
        return;
    json_array_append_new(list, json_pack("{s:s, s:s}", "value", value, "help", help ? help : ""));
}

/* A value of a row; behind "--flag=", which `lead` is then ("" otherwise). */
static void offer_behind(json_t *list, const char *word, const char *lead, const char *value,
                         const char *help)
{
    scoped_free char *whole = str_printf("%s%s", lead, value);

    offer(list, word, whole, help);
}

/* The words that may follow a group (or "" for the top). */
static void offer_commands(json_t *list, const char *prefix, const char *word)
{
    size_t n = strlen(prefix), skip = n ? n + 1 : 0;

    for (const struct cmd_group *g = cmd_groups; g->path; g++)
        if (!strncmp(g->path, prefix, n) && (!n || g->path[n] == ' ') && g->path[skip] &&
            !strchr(g->path + skip, ' '))
            offer(list, word, g->path + skip, g->summary);
    for (const struct cmd_spec *const *c = cmd_table; *c; c++)
        if (!((*c)->traits & CMD_HIDDEN) && !strncmp((*c)->path, prefix, n) &&
            (!n || (*c)->path[n] == ' ') && !strchr((*c)->path + skip, ' '))
            offer(list, word, (*c)->path + skip, (*c)->summary);
}

static void offer_flags(json_t *list, const struct cmd_spec *cmd, const char *word)
{
    char flag[64], name[80];

    for (const struct arg_spec *a = cmd->args; arg_more(a); a++) {
        if (!arg_is_flag(a) || a->hidden)
            continue;
        arg_flag_name(a, flag);
        snprintf(name, sizeof(name), "--%s", flag);
        offer(list, word, name, a->help);
    }
    if (!(cmd->traits & CMD_INTERACTIVE))
        offer(list, word, "--json", "Print the result as one JSON object");
    offer(list, word, "--help", "Show help");
}

/* `workspace`: the first positional argument before; NULL: none. */
static void offer_values(json_t *list, const struct arg_spec *row, const char *word,
                         const char *lead, const char *workspace, bool *ret_files)
{
    scoped_json json_t *values = complete_values(row->complete, workspace);

    for (const char *const *c = row->choices; c && *c; c++)
        offer_behind(list, word, lead, *c, "");
    if (row->complete == COMPLETE_FILE)
        *ret_files = true;
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *v = json_array_get(values, i);

        offer_behind(list, word, lead, json_string_or(v, "value", ""),
                     json_string_or(v, "help", ""));
    }
}

/* The row of a last word "--flag=…" whose value is being typed, and "--flag=" into ret_lead; NULL:
 * another word. */
static const struct arg_spec *flag_with_value(const struct cmd_spec *cmd, const char *word,
                                              char ret_lead[80])
{
    size_t n = strcspn(word, "=");
    const struct arg_spec *row;

    if (strncmp(word, "--", 2) != 0 || !word[n] || n > 70)
        return NULL;
    row = cmd_flag(cmd, word + 2, n - 2);
    snprintf(ret_lead, 80, "%.*s", (int)n + 1, word);
    return row && row->type != ARG_TYPE_FLAG ? row : NULL;
}

/* The command's own arguments, up to the unfinished word. */
static void offer_arguments(json_t *list, const struct cmd_spec *cmd, const char *const *words,
                            size_t count, bool *ret_files)
{
    const char *last = words[count - 1];
    const struct arg_spec *row, *waiting = NULL;
    const char *workspace = NULL;
    unsigned positionals = 0;
    char lead[80];

    for (size_t i = 0; i + 1 < count; i++) {
        if (waiting) {
            waiting = NULL;
        } else if (!strcmp(words[i], "--")) {
            *ret_files = true;
            return;
        } else if (!strncmp(words[i], "--", 2)) {
            row = strchr(words[i], '=') ? NULL : cmd_flag(cmd, words[i] + 2, strlen(words[i] + 2));
            waiting = row && row->type != ARG_TYPE_FLAG ? row : NULL;
        } else if (words[i][0] != '-') {
            workspace = positionals++ ? workspace : words[i];
        }
    }
    if (waiting) {
        offer_values(list, waiting, last, "", workspace, ret_files);
        return;
    }
    row = flag_with_value(cmd, last, lead);
    if (row) {
        offer_values(list, row, last, lead, workspace, ret_files);
        return;
    }
    row = cmd_positional(cmd, positionals);
    if (last[0] == '-') {
        offer_flags(list, cmd, last);
        if (cmd_command_row(cmd))
            offer(list, last, "--", "The command to run follows");
    } else if (row) {
        offer_values(list, row, last, "", workspace, ret_files);
    } else if (cmd_command_row(cmd)) {
        offer(list, last, "--", "The command to run follows");
    } else {
        offer_flags(list, cmd, last);
    }
}

/* What only a first word, or the one behind `help`, may be. */
static void offer_first(json_t *list, const char *word, bool help)
{
    offer(list, word, "--version", "Show the version");
    if (!help)
        offer(list, word, "help", "Show help of a command, or a topic");
    for (const struct cmd_topic *t = cmd_topics; help && t->name; t++)
        offer(list, word, t->name, t->summary);
}

json_t *complete_words(const struct arg_list *words, bool *ret_files)
{
    json_t *list = json_array();
    char path[128] = "";
    bool help = false;

    *ret_files = false;
    for (size_t i = 0; i < words->count; i++) {
        size_t len = strlen(path);
        const struct cmd_spec *cmd;

        if (i + 1 == words->count) {
            offer_commands(list, path, words->items[i]);
            if (!len)
                offer_first(list, words->items[i], help);
            offer(list, words->items[i], "--help", "Show help");
            return list;
        }
        if (words->items[i][0] == '-')
            continue;
        if (!len && !strcmp(words->items[i], "help")) {
            help = true;
            continue;
        }
        snprintf(path + len, sizeof(path) - len, "%s%.60s", len ? " " : "", words->items[i]);
        cmd = cmd_find(path);
        if (cmd) {
            offer_arguments(list, cmd, words->items + i + 1, words->count - i - 1, ret_files);
            return list;
        }
        if (!cmd_group_find(path))
            return list;
    }
    return list;
}
