/* engine/cmd/table.c: every command, one line each, in the order of help and documents. */
#include "engine/cmd/table.h"

const struct cmd_spec *const cmd_table[] = {
    &cmd_doctor,
    &cmd_run,
    &cmd_demo,
    &cmd_env_list,
    &cmd_env_pull,
    &cmd_env_inspect,
    &cmd_env_prune,
    &cmd_workspace_create,
    &cmd_workspace_list,
    &cmd_workspace_status,
    &cmd_workspace_update,
    &cmd_workspace_exec,
    &cmd_workspace_logs,
    &cmd_workspace_stop,
    &cmd_workspace_start,
    &cmd_workspace_delete,
    &cmd_shell_open,
    &cmd_shell_list,
    &cmd_shell_read,
    &cmd_shell_write,
    &cmd_shell_resize,
    &cmd_shell_signal,
    &cmd_shell_close,
    &cmd_render,
    &cmd_commands,
    &cmd_completion,
    &cmd_complete,
    &cmd_markdown,
    NULL,
};

const struct cmd_group cmd_groups[] = {
    { "env", "Environments: the root disks that machines start from", "pyro env pull debian:12" },
    { "workspace", "Workspaces: machines that stay, to work in",
      "pyro workspace create debian:12 --name demo" },
    { "workspace shell", "Shells that stay: write to them, read them by cursor",
      "pyro workspace shell open demo" },
    { NULL, NULL, NULL },
};
