/* engine/commands/man.c: prints the manual page pyro(1), drawn from the table; hidden, for `make
 * install`. */

#include "engine/cmd/help.h"
#include "engine/cmd/io.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "vmm/base/json.h"

#define PAGE_MAX_BYTES (1024 * 1024)

static const struct row_spec man_result[] = {
    RES_STR("page"),
    ROW_END,
};

/* Text as man(7) shows it unchanged: a control character at a line's start, '\' and '-' mean
 * something. */
static bool plain(struct buf *ret, const char *text)
{
    bool start = !ret->len || ret->data[ret->len - 1] == '\n';

    for (; *text; text++, start = false) {
        const char *as = *text == '\\' ? "\\e" : *text == '-' ? "\\-" : NULL;

        if (start && (*text == '.' || *text == '\'') && !buf_append_str(ret, "\\&"))
            return false;
        if (as ? !buf_append_str(ret, as) : !buf_append(ret, text, 1))
            return false;
    }
    return true;
}

static bool argument(struct buf *ret, const struct arg_spec *a)
{
    scoped_buf name = BUF_INIT(256), limits = BUF_INIT(1024);

    return help_row_name(a, &name) && help_row_limits(a, &limits) &&
           buf_append_str(ret, ".TP\n\\fB") && plain(ret, name.data) &&
           buf_append_str(ret, "\\fR\n") && plain(ret, a->help) &&
           (!limits.len ||
            (buf_append_str(ret, " (") && plain(ret, limits.data) && buf_append_str(ret, ")"))) &&
           buf_append_str(ret, "\n");
}

static bool example(struct buf *ret, const char *line)
{
    return buf_append_str(ret, ".PP\nExample:\n.PP\n.RS 4\n.nf\n") && plain(ret, line) &&
           buf_append_str(ret, "\n.fi\n.RE\n");
}

static bool command(struct buf *ret, const struct cmd_spec *cmd)
{
    scoped_buf usage = BUF_INIT(1024);

    if (!help_usage(cmd, &usage) || !buf_append_str(ret, ".SS ") || !plain(ret, cmd->path) ||
        !buf_append_str(ret, "\n\\fB") || !plain(ret, usage.data) ||
        !buf_append_str(ret, "\\fR\n.PP\n") || !plain(ret, cmd->summary) ||
        !buf_append_str(ret, ".\n") ||
        (cmd->details && (!plain(ret, cmd->details) || !buf_append_str(ret, "\n"))))
        return false;
    for (const struct arg_spec *a = cmd->args; arg_more(a); a++)
        if (!a->hidden && !argument(ret, a))
            return false;
    return example(ret, cmd->example);
}

static const char head[] =
    ".TH PYRO 1 \"\" \"pyro " PYRO_VERSION "\" \"User Commands\"\n"
    ".nh\n.ad l\n"
    ".SH NAME\npyro \\- disposable Linux machines, ready in a fraction of a second\n"
    ".SH SYNOPSIS\n\\fBpyro\\fR \\fICOMMAND\\fR [\\fIarguments\\fR] [\\fIoptions\\fR]\n"
    ".SH DESCRIPTION\n"
    "Each machine is a microVM on QEMU, started as a copy of one that has booted already. There is "
    "no "
    "daemon, and no root is needed. Every command takes \\fB\\-h\\fR or \\fB\\-\\-help\\fR, and "
    "all that print a result take \\fB\\-\\-json\\fR, which prints it as one JSON "
    "object. Options may appear anywhere before \\fB\\-\\-\\fR.\n"
    ".SH COMMANDS\n";

static const char tail[] =
    ".SH EXIT STATUS\n"
    "0 when it is done, 1 when it failed, 2 when the command line is wrong. \\fBpyro run\\fR and "
    "\\fBpyro workspace exec\\fR exit with the command's own status, 124 when it ran out of time, "
    "128+N "
    "when signal N ended it, and 125 when pyro itself failed.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n\\fBPYRO_HOME\\fR\nWhere everything is kept, in \\fIdata\\fR, \\fIcache\\fR and "
    "\\fIstate\\fR, instead of the XDG base directories.\n"
    ".TP\n\\fBPYRO_ENVIRONMENT_CACHE_DIR\\fR\nWhere environments are kept.\n"
    ".TP\n\\fBPYRO_REQUIRE_KVM\\fR\nWith 1, a machine without KVM is an error.\n"
    ".TP\n\\fBPYRO_SPARES\\fR\nHow many machines may wait for the next create or run; 0: none.\n"
    ".TP\n\\fBPYRO_ALLOW_WEAK_JAIL\\fR\nWith 1, QEMU runs even where the jail around it is too "
    "weak.\n"
    ".TP\n\\fBPYRO_QEMU\\fR\nThe QEMU to run instead of the one in PATH.\n"
    ".TP\n\\fBPYRO_PROGRESS_FD\\fR\nThe number of a descriptor that progress is written to, as "
    "lines of JSON.\n"
    ".TP\n\\fBPYRO_WORKSPACE\\fR, \\fBPYRO_WORKSPACE_NAME\\fR, \\fBPYRO_STATE\\fR, "
    "\\fBPYRO_TEXT\\fR\nOf a command that the terminal interface notifies with: what it is about.\n"
    ".TP\n\\fBPYRO_LIBEXEC\\fR\nThe directory of pyro's helper programs.\n"
    ".TP\n\\fBNO_COLOR\\fR\nNo colours.\n"
    ".SH FILES\n"
    ".TP\n\\fI$XDG_DATA_HOME/pyro\\fR (\\fI~/.local/share/pyro\\fR)\nWorkspaces.\n"
    ".TP\n\\fI$XDG_CACHE_HOME/pyro\\fR (\\fI~/.cache/pyro\\fR)\nEnvironments, kernels and "
    "templates.\n"
    ".TP\n\\fI$XDG_CONFIG_HOME/pyro/config\\fR (\\fI~/.config/pyro/config\\fR)\nWhat \\fBpyro "
    "tui\\fR is "
    "set to.\n"
    ".SH SEE ALSO\n\\fBqemu\\-system\\-x86_64\\fR(1), and the documents in "
    "\\fIshare/doc/pyro\\fR.\n";

static json_t *man_run(const void *args UNUSED, struct cmd_io *io UNUSED, struct pyro_error *err)
{
    scoped_buf page = BUF_INIT(PAGE_MAX_BYTES);
    bool ok = buf_append_str(&page, head);

    for (const struct cmd_spec *const *c = cmd_table; ok && *c; c++)
        ok = (*c)->traits & CMD_HIDDEN || command(&page, *c);
    if (!ok || !buf_append_str(&page, tail))
        return pyro_no_memory(err, NULL);
    return json_pack("{s:s}", "page", page.data);
}

const struct cmd_spec cmd_man = {
    .path = "__man",
    .summary = "Print the manual page",
    .example = "pyro __man",
    .traits = CMD_READ_ONLY | CMD_HIDDEN,
    .result = man_result,
    .run = man_run,
    .print = show_page,
};
