/*
 * A client of `pyro api` or `pyro mcp serve`: lines of any bytes, cut anywhere; each is a request with its id, or an
 * error that says why; its arguments are within what the rows allow, or an error names a member.
 */
#include <string.h>

#include "engine/api/lines.h"
#include "engine/api/request.h"
#include "engine/cmd/json_args.h"
#include "engine/mcp/message.h"
#include "vmm/base/json.h"
#include "vmm/base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct sample_args {
    const char *workspace, *name, *mode;
    int64_t mem_mib;
    bool keep;
    struct arg_list publish, env, command;
};

static const char *const modes[] = { "fast", "slow", NULL };

static bool check_short(const char *value, struct pyro_error *err)
{
    return strlen(value) < 8 || pyro_fail(err, PYRO_INVALID_ARGUMENT, "is long");
}

static const struct arg_spec rows[] = {
    ARG_WORKSPACE(sample_args, workspace),
    ARG_STR(sample_args, name, .check = check_short, .help = "Name"),
    ARG_CHOICE(sample_args, mode, .choices = modes, .def_str = "slow", .help = "Mode"),
    ARG_INT(sample_args, mem_mib, .min = 128, .max = 1024, .step = 128, .def = 256, .help = "MiB"),
    ARG_FLAG(sample_args, keep, .help = "Keep"),
    ARG_LIST(sample_args, publish, .check = check_short, .help = "Port"),
    ARG_LIST(sample_args, env, .pairs = true, .help = "Variable"),
    ARG_COMMAND(sample_args, command),
    ARG_END,
};

static const struct cmd_spec sample = { .path = "exec",
                                        .args = rows,
                                        .args_size = sizeof(struct sample_args) };
const struct cmd_spec *const cmd_table[] = { &sample, NULL };
const struct cmd_group cmd_groups[] = { { NULL, NULL, NULL } };
const struct cmd_topic cmd_topics[] = { { NULL, NULL, NULL, NULL } };

static void check_args(json_t *arguments)
{
    struct json_args a;
    const struct sample_args *s = (const void *)a.args;
    struct pyro_error err = { 0 };

    if (json_args_read(&a, &sample, arguments, &err)) {
        BUG_ON(!s->workspace || !s->command.count || s->command.items[s->command.count]);
        BUG_ON(s->mem_mib < 128 || s->mem_mib > 1024 || s->mem_mib % 128);
        BUG_ON(s->name && strlen(s->name) >= 8);
        BUG_ON(strcmp(s->mode, "fast") && strcmp(s->mode, "slow"));
        for (size_t i = 0; i < s->env.count; i++)
            BUG_ON(!strchr(s->env.items[i], '='));
    } else {
        BUG_ON(strncmp(err.message, "exec: ", 6));
        BUG_ON(err.code != PYRO_USAGE && err.code != PYRO_INVALID_ARGUMENT);
    }
    json_args_release(&a);
}

static void check_line(const char *line, size_t n)
{
    struct api_request r;
    struct pyro_error err = { 0 };

    if (api_request_parse(&r, line, n, &err)) {
        BUG_ON(!r.cancel == !r.call || (r.call && !r.id));
        if (r.call)
            check_args(r.arguments);
    } else {
        BUG_ON(err.code != PYRO_USAGE || !err.message[0]);
    }
    api_request_release(&r);
}

static void check_message(const char *line, size_t n)
{
    struct mcp_message m;
    struct mcp_error err = { 0 };

    if (mcp_message_parse(&m, line, n, &err))
        BUG_ON(!m.method == !m.is_answer || (m.modern && m.id && !m.params));
    else
        BUG_ON(err.code > MCP_VERSION || !err.message[0]);
    mcp_message_release(&m);
}

/* The first byte says in which pieces the rest comes. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    size_t piece = n ? 1 + (size_t)bytes[0] * 16 : 1, length, taken = 0, at = 1;
    struct lines l;
    char *line;

    lines_init(&l, 2048);
    while (at < n) {
        size_t take = n - at < piece ? n - at : piece;
        enum lines_next next;

        BUG_ON(!lines_add(&l, bytes + at, take));
        at += take;
        while ((next = lines_next(&l, at >= n, &line, &length)) != LINES_NONE) {
            BUG_ON(next == LINES_LINE && length > 2048);
            if (next == LINES_LINE) {
                check_line(line, length);
                check_message(line, length);
            }
            taken++;
        }
    }
    BUG_ON(taken > n);
    lines_release(&l);
    return 0;
}
