/* engine/cmd/argv.c: the one parser of command lines. */
#include "engine/cmd/argv.h"

#include <string.h>

#include "engine/cmd/text.h"

#define ROWS_MAX 48       /* rows of one command */
#define CANDIDATES_MAX 96 /* words that a misspelt one is compared with */

/* The parser's progress. */
struct parser {
    struct cmd_line *line;
    const char *const *argv;
    int argc, at;
    unsigned positionals;
    uint64_t seen; /* one bit a row */
};

const struct arg_spec *cmd_flag(const struct cmd_spec *cmd, const char *name, size_t n)
{
    char flag[64];

    for (const struct arg_spec *a = cmd->args; arg_more(a); a++) {
        arg_flag_name(a, flag);
        if (arg_is_flag(a) && strlen(flag) == n && !memcmp(flag, name, n))
            return a;
    }
    return NULL;
}

const struct arg_spec *cmd_positional(const struct cmd_spec *cmd, unsigned index)
{
    const struct arg_spec *last = NULL;

    for (const struct arg_spec *a = cmd->args; arg_more(a); a++)
        if (a->positional) {
            if (!index--)
                return a;
            last = a;
        }
    return last && last->type == ARG_TYPE_LIST ? last : NULL;
}

const struct arg_spec *cmd_command_row(const struct cmd_spec *cmd)
{
    for (const struct arg_spec *a = cmd->args; arg_more(a); a++)
        if (a->type == ARG_TYPE_COMMAND)
            return a;
    return NULL;
}

/* The start of each error: the command as far as it is known. */
static const char *where(const struct parser *p)
{
    return p->line->cmd ? p->line->cmd->path : p->line->group ? p->line->group->path : "";
}

static bool usage(const struct parser *p, struct pyro_error *err)
{
    const char *path = where(p);

    if (*path)
        pyro_wrap(err, "%s", path);
    if (!err->hint[0])
        pyro_hint(err, "see 'pyro %s%s--help'", path, *path ? " " : "");
    return false;
}

/* Nearest word that may follow `prefix` (a group's path, or ""), into ret. */
static bool nearest_command(const char *prefix, const char *word, char ret[64])
{
    static char words[CANDIDATES_MAX][32];
    const char *list[CANDIDATES_MAX + 1];
    size_t count = 0, skip = *prefix ? strlen(prefix) + 1 : 0;
    const char *best;

    for (const struct cmd_spec *const *c = cmd_table; *c && count < CANDIDATES_MAX; c++) {
        const char *rest = (*c)->path + skip;

        if ((*c)->traits & CMD_HIDDEN ||
            (skip && (strncmp((*c)->path, prefix, skip - 1) || (*c)->path[skip - 1] != ' ')))
            continue;
        snprintf(words[count], sizeof(words[count]), "%.*s", (int)strcspn(rest, " "), rest);
        list[count] = words[count];
        count++;
    }
    list[count] = NULL;
    best = text_nearest(word, list);
    if (best)
        snprintf(ret, 64, "%s", best);
    return best != NULL;
}

/* A word before any command was found: json, help and version are allowed there. */
static bool take_leading_option(struct parser *p, const char *word, struct pyro_error *err)
{
    if (!strcmp(word, "--json"))
        p->line->json = true;
    else if (!strcmp(word, "-h") || !strcmp(word, "--help"))
        p->line->help = true;
    else if (!strcmp(word, "--version"))
        p->line->version = true;
    else
        return pyro_fail(err, PYRO_USAGE, "unknown option '%.100s' before the command", word);
    return true;
}

/* A first word that names no command: `help`, or a topic behind it. */
static bool take_help_word(struct parser *p, const char *word)
{
    const struct cmd_topic *topic = cmd_topic_find(word);

    if (strcmp(word, "help") != 0 && !(p->line->help && topic))
        return false;
    p->line->help = true;
    p->line->topic = topic;
    return true;
}

static bool fail_unknown_command(const char *path, const char *word, struct pyro_error *err)
{
    char near[64];

    pyro_fail(err, PYRO_USAGE, "unknown command '%.100s'", word);
    if (!*path && cmd_topic_find(word))
        return pyro_hint(err, "see 'pyro help %s'", word);
    return nearest_command(path, word, near)
               ? pyro_hint(err, "did you mean '%s%s%s'?", path, *path ? " " : "", near)
               : false;
}

/* Walks the words that name the command. */
static bool find_command(struct parser *p, struct pyro_error *err)
{
    char path[128] = "";

    while (!p->line->cmd && p->at < p->argc) {
        const char *word = p->argv[p->at];
        size_t len = strlen(path);

        if (word[0] == '-' && word[1]) {
            if (!take_leading_option(p, word, err))
                return false;
            p->at++;
            continue;
        }
        if (p->line->topic)
            return pyro_fail(err, PYRO_USAGE, "unexpected argument '%.100s'", word);
        if (!len && take_help_word(p, word)) {
            p->at++;
            continue;
        }
        snprintf(path + len, sizeof(path) - len, "%s%.60s", len ? " " : "", word);
        p->line->cmd = cmd_find(path);
        if (!p->line->cmd && !cmd_group_find(path)) {
            path[len] = '\0';
            return fail_unknown_command(path, word, err);
        }
        p->line->group = p->line->cmd ? NULL : cmd_group_find(path);
        p->at++;
    }
    if (!p->line->cmd && !p->line->help && !p->line->version)
        return pyro_fail(err, PYRO_USAGE, "a command is missing");
    return true;
}

static bool fail_unknown_flag(struct parser *p, const char *word, struct pyro_error *err)
{
    static char names[ROWS_MAX + 2][64];
    const char *list[ROWS_MAX + 3];
    char typed[64];
    const char *best;
    size_t count = 0;

    snprintf(typed, sizeof(typed), "%.*s", (int)strcspn(word, "="), word);
    for (const struct arg_spec *a = p->line->cmd->args; arg_more(a) && count < ROWS_MAX; a++) {
        char flag[64];

        if (!arg_is_flag(a) || a->hidden)
            continue;
        arg_flag_name(a, flag);
        snprintf(names[count], sizeof(names[count]), "--%.60s", flag);
        list[count] = names[count];
        count++;
    }
    if (!(p->line->cmd->traits & CMD_INTERACTIVE))
        list[count++] = "--json";
    list[count++] = "--help";
    list[count] = NULL;
    best = text_nearest(typed, list);
    pyro_fail(err, PYRO_USAGE, "unknown option '%.100s'", typed);
    if (best)
        pyro_hint(err, "did you mean '%s'?", best);
    else if (cmd_command_row(p->line->cmd))
        pyro_hint(err, "words of the command to run go after '--'");
    return false;
}

static bool set_row(struct parser *p, const struct arg_spec *row, const char *value,
                    struct pyro_error *err)
{
    char name[64];

    p->seen |= UINT64_C(1) << (row - p->line->cmd->args);
    if (args_set_text(row, p->line->args, value, err))
        return true;
    if (row->type == ARG_TYPE_COMMAND)
        return pyro_wrap(err, "the command");
    if (row->positional)
        arg_metavar(row, name);
    else
        arg_flag_name(row, name);
    return pyro_wrap(err, "%s%s", row->positional ? "" : "--", name);
}

static bool take_flag(struct parser *p, const char *word, struct pyro_error *err)
{
    size_t n = strcspn(word + 2, "=");
    const char *value = word[2 + n] ? word + 3 + n : NULL;
    const struct arg_spec *row;
    char name[64];

    if (!strcmp(word, "--json") && !(p->line->cmd->traits & CMD_INTERACTIVE)) {
        p->line->json = true;
        return true;
    }
    if (!strcmp(word, "-h") || !strcmp(word, "--help")) {
        p->line->help = true;
        return true;
    }
    row = word[1] == '-' ? cmd_flag(p->line->cmd, word + 2, n) : NULL;
    if (!row)
        return fail_unknown_flag(p, word, err);
    arg_flag_name(row, name);
    if (row->type == ARG_TYPE_FLAG) {
        if (value)
            return pyro_fail(err, PYRO_USAGE, "--%s takes no value", name);
        return set_row(p, row, "", err);
    }
    if (!value && p->at >= p->argc)
        return pyro_fail(err, PYRO_USAGE, "--%s needs a value", name);
    return set_row(p, row, value ? value : p->argv[p->at++], err);
}

/* The command line as it should have been typed: "--" put in before word number `split`. */
static void hint_with_dashes(const struct parser *p, int split, struct pyro_error *err)
{
    scoped_buf line = BUF_INIT(200);

    if (buf_append_str(&line, "pyro ") && text_quote_words(&line, p->argv + 1, (size_t)split - 1) &&
        buf_append_str(&line, " -- ") &&
        text_quote_words(&line, p->argv + split, (size_t)(p->argc - split)))
        pyro_hint(err, "type: %s", line.data);
    else
        pyro_hint(err, "the command to run goes after '--', for example: %s",
                  p->line->cmd->example);
}

static bool take_positional(struct parser *p, const char *word, struct pyro_error *err)
{
    const struct arg_spec *row = cmd_positional(p->line->cmd, p->positionals);

    if (row) {
        p->positionals++;
        return set_row(p, row, word, err);
    }
    if (!cmd_command_row(p->line->cmd))
        return pyro_fail(err, PYRO_USAGE, "unexpected argument '%.100s'", word);
    pyro_fail(err, PYRO_USAGE, "'--' is missing before the command '%.100s'", word);
    hint_with_dashes(p, p->at - 1, err);
    return false;
}

/* The words after "--": the command, or positionals that may begin with a dash. */
static bool take_rest(struct parser *p, struct pyro_error *err)
{
    const struct arg_spec *row = cmd_command_row(p->line->cmd);

    while (p->at < p->argc) {
        const char *word = p->argv[p->at++];

        if (row ? !set_row(p, row, word, err) : !take_positional(p, word, err))
            return false;
    }
    return true;
}

static bool check_complete(struct parser *p, struct pyro_error *err)
{
    char name[64];

    for (const struct arg_spec *a = p->line->cmd->args; arg_more(a); a++) {
        if (p->seen & UINT64_C(1) << (a - p->line->cmd->args) || !arg_is_required(a))
            continue;
        if (a->type == ARG_TYPE_COMMAND) {
            pyro_fail(err, PYRO_USAGE, "the command to run is missing");
            pyro_hint(err, "give it after '--', for example: %s", p->line->cmd->example);
            return false;
        }
        if (a->positional) {
            arg_metavar(a, name);
            return pyro_fail(err, PYRO_USAGE, "%s is missing", name);
        }
        arg_flag_name(a, name);
        return pyro_fail(err, PYRO_USAGE, "--%s is missing", name);
    }
    return true;
}

static bool parse_arguments(struct parser *p, struct pyro_error *err)
{
    BUG_ON(p->line->cmd->args_size > sizeof(p->line->args));
    args_set_defaults(p->line->cmd->args, p->line->args);
    while (p->at < p->argc) {
        const char *word = p->argv[p->at++];
        bool ok;

        if (!strcmp(word, "--"))
            return take_rest(p, err) && (p->line->help || check_complete(p, err));
        if (word[0] == '-' && word[1])
            ok = take_flag(p, word, err);
        else
            ok = take_positional(p, word, err);
        if (!ok)
            return false;
    }
    return p->line->help || check_complete(p, err);
}

/* The rest of a bad command line still says whether the error is to be JSON. */
static void look_for_json(struct parser *p)
{
    for (; p->at < p->argc && strcmp(p->argv[p->at], "--"); p->at++)
        if (!strcmp(p->argv[p->at], "--json"))
            p->line->json = true;
}

bool cmd_line_parse(struct cmd_line *ret, int argc, const char *const *argv, struct pyro_error *err)
{
    struct parser p = { .line = ret, .argv = argv, .argc = argc, .at = 1 };

    memset(ret, 0, sizeof(*ret));
    if (find_command(&p, err) && (!p.line->cmd || parse_arguments(&p, err)))
        return true;
    look_for_json(&p);
    return usage(&p, err);
}

void cmd_line_release(struct cmd_line *line)
{
    if (line->cmd)
        args_release(line->cmd->args, line->args);
}
