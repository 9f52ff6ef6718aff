/* The commands' declarations, for the table alone. */
#ifndef PYRO_COMMANDS_TABLE_H
#define PYRO_COMMANDS_TABLE_H

#include "engine/cmd/spec.h"

extern const struct cmd_spec cmd_mcp_serve;
extern const struct cmd_spec cmd_host_connect, cmd_host_doctor, cmd_host_print_config;
extern const struct cmd_spec cmd_api, cmd_commands, cmd_complete, cmd_completion, cmd_man,
    cmd_markdown;
extern const struct cmd_spec cmd_demo, cmd_doctor, cmd_metrics, cmd_render, cmd_run, cmd_tui,
    cmd_watch;
extern const struct cmd_spec cmd_env_build, cmd_env_export, cmd_env_import, cmd_env_inspect,
    cmd_env_list, cmd_env_prune, cmd_env_pull, cmd_env_push, cmd_env_remove;
extern const struct cmd_spec cmd_login, cmd_logout;
extern const struct cmd_spec cmd_file_list, cmd_file_read, cmd_file_write, cmd_patch_apply;
extern const struct cmd_spec cmd_workspace_diff;
extern const struct cmd_spec cmd_sync_push, cmd_workspace_export;
extern const struct cmd_spec cmd_shell_attach, cmd_shell_close, cmd_shell_list, cmd_shell_open,
    cmd_shell_read, cmd_shell_record, cmd_shell_replay, cmd_shell_resize, cmd_shell_signal,
    cmd_shell_write;
extern const struct cmd_spec cmd_service_list, cmd_service_logs, cmd_service_start,
    cmd_service_status, cmd_service_stop;
extern const struct cmd_spec cmd_disk_export, cmd_disk_list, cmd_disk_read;
extern const struct cmd_spec cmd_snapshot_create, cmd_snapshot_delete, cmd_snapshot_list;
extern const struct cmd_spec cmd_command_kill, cmd_command_list, cmd_command_read, cmd_command_wait;
extern const struct cmd_spec cmd_workspace_reset;
extern const struct cmd_spec cmd_workspace_commit;
extern const struct cmd_spec cmd_workspace_create, cmd_workspace_delete, cmd_workspace_exec,
    cmd_workspace_fork, cmd_workspace_hold, cmd_workspace_list, cmd_workspace_logs,
    cmd_workspace_start, cmd_workspace_stats, cmd_workspace_status, cmd_workspace_stop,
    cmd_workspace_summary, cmd_workspace_suspend, cmd_workspace_timeline, cmd_workspace_update,
    cmd_workspace_wait;

#endif
