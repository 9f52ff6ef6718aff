/* engine/commands/mcp_serve.c: the declaration of `pyro mcp serve`. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/client/caller.h"
#include "engine/cmd/io.h"
#include "engine/commands/table.h"
#include "engine/mcp/http.h"
#include "engine/mcp/mcp.h"
#include "engine/state/timeline.h"
#include "vmm/base/fs.h"

struct mcp_serve_args {
    const char *profile, *project_path, *log_file;
    int64_t http;
};

static const struct arg_spec mcp_serve_rows[] = {
    ARG_CHOICE(mcp_serve_args, profile, .choices = mcp_profiles, .def_str = "workspace-core",
               .help = "Which tools there are: one, those that most work needs, or all"),
    ARG_STR(mcp_serve_args, project_path, .metavar = "DIR", .complete = COMPLETE_FILE,
            .help = "What a workspace begins with when a call names nothing: this directory, else "
                    "the root of the Git repository this is started in, if there is one"),
    ARG_INT(mcp_serve_args, http, .max = 65535, .def = ARG_UNSET, .metavar = "PORT",
            .help = "Serve HTTP on this port of 127.0.0.1 (0: a free one) instead, at /mcp, to "
                    "clients that have the bearer token in the file that is named at the start"),
    ARG_STR(mcp_serve_args, log_file, .metavar = "FILE", .complete = COMPLETE_FILE,
            .help = "Append a line for each call to this file, without its arguments"),
    ARG_END,
};

/* The directory above this one, or this one, that has a .git; NULL: none. The caller frees. */
static char *git_root(void)
{
    char *at = getcwd(NULL, 0);

    while (at && *at == '/' && at[1]) {
        scoped_free char *git = str_printf("%s/.git", at);

        if (access(git, F_OK) == 0)
            return at;
        *strrchr(at, '/') = '\0';
    }
    free(at);
    return NULL;
}

static bool serve_http(int port, const struct mcp_serving *serving, struct cmd_io *io,
                       int *ret_signal, struct pyro_error *err)
{
    struct mcp_http http;
    bool ok = mcp_http_start(&http, port, err);

    if (ok)
        cmd_io_warn(io, "serving http://127.0.0.1:%d/mcp; the bearer token is in %s", http.port,
                    http.token_path);
    ok = ok && mcp_serve(http.in_fd, http.out_fd, serving, ret_signal, err) &&
         mcp_http_finish(&http, err);
    mcp_http_release(&http);
    return ok;
}

static json_t *mcp_serve_run(const void *args, struct cmd_io *io, struct pyro_error *err)
{
    const struct mcp_serve_args *a = args;
    scoped_free char *root = a->project_path ? NULL : git_root();
    struct mcp_serving serving = { .project = a->project_path ? a->project_path : root,
                                   .log_file = a->log_file };
    int signal = 0;
    bool ok;

    if (a->project_path && access(a->project_path, R_OK) != 0)
        return pyro_fail_errno(err, "--project-path: '%s'", a->project_path);
    caller_set(CALLER_MCP);
    while (strcmp(mcp_profiles[serving.profile], a->profile) != 0)
        serving.profile++;
    ok = a->http == ARG_UNSET ? mcp_serve(io->in_fd, io->out_fd, &serving, &signal, err)
                              : serve_http((int)a->http, &serving, io, &signal, err);
    if (!ok)
        return NULL;
    io->exit_status = signal ? 128 + signal : 0;
    return json_object();
}

const struct cmd_spec cmd_mcp_serve = {
    .path = "mcp serve",
    .summary = "Serve tools to a coding agent: the Model Context Protocol on standard input and "
               "output, or HTTP",
    .details =
        "Started by the agent. Its tools are this program's commands; workspaces live on when "
        "it ends. docs/mcp.md has the set-up of each agent.",
    .example = "pyro mcp serve --profile workspace-full",
    .traits = CMD_INTERACTIVE,
    .args = mcp_serve_rows,
    .args_size = sizeof(struct mcp_serve_args),
    .run = mcp_serve_run,
};
