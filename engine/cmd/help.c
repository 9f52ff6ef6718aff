/* engine/cmd/help.c: help texts, drawn from the table. */
#include "engine/cmd/help.h"

#include <inttypes.h>
#include <string.h>

#define COLUMNS 80
#define NAME_COLUMNS 26 /* where the explanations begin */

bool help_usage(const struct cmd_spec *cmd, struct buf *ret)
{
    bool flags = !(cmd->traits & CMD_INTERACTIVE);
    char name[64];

    if (!buf_printf(ret, "pyro %s", cmd->path))
        return false;
    for (const struct arg_spec *a = cmd->args; arg_more(a); a++) {
        flags |= arg_is_flag(a);
        arg_metavar(a, name);
        if (a->positional && !buf_printf(ret, a->optional ? " [%s]" : " %s", name))
            return false;
        if (arg_is_flag(a) && a->required) {
            if (!buf_append_str(ret, " ") || !help_row_name(a, ret))
                return false;
        }
    }
    if (flags && !buf_append_str(ret, " [options]"))
        return false;
    for (const struct arg_spec *a = cmd->args; arg_more(a); a++)
        if (a->type == ARG_TYPE_COMMAND &&
            !buf_append_str(ret, a->optional ? " [-- CMD...]" : " -- CMD..."))
            return false;
    return true;
}

bool help_row_name(const struct arg_spec *a, struct buf *ret)
{
    char flag[64], value[64];

    arg_flag_name(a, flag);
    arg_metavar(a, value);
    if (a->type == ARG_TYPE_COMMAND)
        return buf_printf(ret, "-- %s", value);
    if (a->positional)
        return buf_append_str(ret, value);
    if (a->type == ARG_TYPE_FLAG)
        return buf_printf(ret, "--%s", flag);
    return buf_printf(ret, "--%s %s", flag, value);
}

/* A comma before all but the first piece. */
static bool piece(struct buf *ret, const char *fmt, ...) PRINTF_LIKE(2, 3);
static bool piece(struct buf *ret, const char *fmt, ...)
{
    char text[256];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    return buf_printf(ret, "%s%s", ret->len ? ", " : "", text);
}

bool help_row_limits(const struct arg_spec *a, struct buf *ret)
{
    bool ok = true;

    if (a->required)
        ok = ok && piece(ret, "required");
    if (a->type == ARG_TYPE_LIST)
        ok = ok && piece(ret, "repeatable");
    if (a->type == ARG_TYPE_INT) {
        /* Values that depend on the host are left out: help and documents are the same everywhere.
         */
        if (a->max_of)
            ok = ok && piece(ret, "from %" PRId64 "%s%s", a->min, a->unit ? " " : "",
                             a->unit ? a->unit : "");
        else
            ok = ok && piece(ret, "%" PRId64 " to %" PRId64 "%s%s", a->min, a->max,
                             a->unit ? " " : "", a->unit ? a->unit : "");
        if (a->step)
            ok = ok && piece(ret, "a multiple of %" PRId64, a->step);
        if (!a->required && a->def != ARG_UNSET)
            ok = ok && piece(ret, "default %" PRId64, a->def);
    }
    for (const char *const *c = a->type == ARG_TYPE_CHOICE ? a->choices : NULL; c && *c; c++)
        ok = ok && (c == a->choices ? piece(ret, "%s", *c) : buf_printf(ret, " or %s", *c));
    if (a->def_str)
        ok = ok && piece(ret, "default %s", a->def_str);
    return ok;
}

/* Prints words of text from column `at`, wrapped, later lines indented by `indent`. */
static void print_wrapped(FILE *out, const char *text, int at, int indent)
{
    int column = at;

    while (*text) {
        int n = (int)strcspn(text, " ");

        if (column > indent && column + 1 + n > COLUMNS) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', out);
            column++;
        }
        fwrite(text, 1, (size_t)n, out);
        column += n;
        text += n + (text[n] == ' ');
    }
    fputc('\n', out);
}

static void print_row(FILE *out, const char *name, const char *text)
{
    int n = (int)strlen(name);

    fprintf(out, "  %s", name);
    if (n + 4 > NAME_COLUMNS)
        fprintf(out, "\n%*s", NAME_COLUMNS, "");
    else
        fprintf(out, "%*s", NAME_COLUMNS - n - 2, "");
    print_wrapped(out, text, NAME_COLUMNS, NAME_COLUMNS);
}

static void print_arg(const struct arg_spec *a, FILE *out)
{
    scoped_buf name = BUF_INIT(256), text = BUF_INIT(2048), limits = BUF_INIT(1024);

    if (help_row_name(a, &name) && help_row_limits(a, &limits) &&
        (limits.len ? buf_printf(&text, "%s (%s)", a->help, limits.data)
                    : buf_append_str(&text, a->help)))
        print_row(out, name.data, text.data);
}

/* Whether path is one word below prefix ("" for the top); the word's own start into ret. */
static bool is_child(const char *path, const char *prefix, const char **ret)
{
    size_t n = strlen(prefix);

    if (strncmp(path, prefix, n) || (n && path[n] != ' '))
        return false;
    *ret = path + n + (n > 0);
    return **ret && !strchr(*ret, ' ');
}

void help_group(const struct cmd_group *group, FILE *out)
{
    const char *prefix = group ? group->path : "", *word;

    if (group)
        fprintf(out, "%s.\n\nUsage: pyro %s COMMAND [arguments] [options]\n\nCommands:\n",
                group->summary, prefix);
    else
        fprintf(out, "pyro: disposable Linux machines, ready in a fraction of a second.\n\n"
                     "Usage: pyro COMMAND [arguments] [options]\n\nCommands:\n");
    for (const struct cmd_group *g = cmd_groups; g->path; g++)
        if (is_child(g->path, prefix, &word)) {
            char name[64];

            snprintf(name, sizeof(name), "%s ...", word);
            print_row(out, name, g->summary);
        }
    for (const struct cmd_spec *const *c = cmd_table; *c; c++)
        if (is_child((*c)->path, prefix, &word) && !((*c)->traits & CMD_HIDDEN))
            print_row(out, word, (*c)->summary);
    for (const struct cmd_topic *t = group ? NULL : cmd_topics; t && t->name; t++) {
        if (t == cmd_topics)
            fprintf(out, "\nTopics, for 'pyro help TOPIC':\n");
        print_row(out, t->name, t->summary);
    }
    fprintf(out, "\nOptions:\n");
    print_row(out, "--json", "Print the result as one JSON object");
    print_row(out, "-h, --help", "Show help, after any command too; so does 'pyro help COMMAND'");
    if (!group)
        print_row(out, "--version", "Show the version");
    fprintf(out, "\nExample:\n  %s\n",
            group ? group->example : "pyro run debian:12 -- git --version");
}

void help_command(const struct cmd_spec *cmd, FILE *out)
{
    scoped_buf usage = BUF_INIT(1024);
    bool titled = false;

    if (!help_usage(cmd, &usage))
        return;
    fprintf(out, "%s.\n\n", cmd->summary);
    if (cmd->details) {
        print_wrapped(out, cmd->details, 0, 0);
        fputc('\n', out);
    }
    fprintf(out, "Usage: %s\n", usage.data);
    for (const struct arg_spec *a = cmd->args; arg_more(a); a++) {
        if (arg_is_flag(a) || a->hidden)
            continue;
        if (!titled)
            fprintf(out, "\nArguments:\n");
        titled = true;
        print_arg(a, out);
    }
    fprintf(out, "\nOptions:\n");
    for (const struct arg_spec *a = cmd->args; arg_more(a); a++)
        if (arg_is_flag(a) && !a->hidden)
            print_arg(a, out);
    if (!(cmd->traits & CMD_INTERACTIVE))
        print_row(out, "--json", "Print the result as one JSON object");
    print_row(out, "-h, --help", "Show this help");
    fprintf(out, "\nExample:\n  %s\n", cmd->example);
}
