/* engine/commands/workspace_update.c: changes name, labels and size, acknowledges news. */
#include "engine/cmd/check.h"
#include "engine/cmd/io.h"
#include "engine/commands/rows.h"
#include "engine/commands/show.h"
#include "engine/commands/table.h"
#include "engine/state/news.h"
#include "engine/workspace/workspace.h"

struct workspace_update_args {
    const char *workspace, *name;
    struct arg_list label, clear_label, acknowledge;
    int64_t vcpu_count, mem_mib, suspend_after_idle;
    bool clear_name;
};

static const struct arg_spec workspace_update_rows[] = {
    ARG_WORKSPACE(workspace_update_args, workspace),
    ARG_STR(workspace_update_args, name, .agent = "", .check = check_name, .help = "Its new name"),
    ARG_LIST(workspace_update_args, label, .agent = "", .pairs = true, .metavar = "KEY=VALUE",
             .complete = COMPLETE_LABEL, .check = check_label, .help = "A label to set"),
    ARG_LIST(workspace_update_args, clear_label, .agent = "", .metavar = "KEY",
             .complete = COMPLETE_LABEL_KEY, .check = check_name, .help = "A label to remove"),
    ARG_FLAG(workspace_update_args, clear_name, .agent = "", .help = "Remove its name"),
    ARG_VCPU_COUNT(workspace_update_args, ARG_UNSET, "; of a stopped workspace"),
    ARG_MEM_MIB(workspace_update_args, ARG_UNSET, "; of a stopped workspace"),
    ARG_SUSPEND_AFTER_IDLE(workspace_update_args, ARG_UNSET, .agent = "", ),
    ARG_LIST(workspace_update_args, acknowledge, .agent = "", .metavar = "WHAT",
             .check = news_check_source,
             .help = "What failed or finished is known: all, or vm, exec, shell or service, or one "
                     "of those as shell:sh1"),
    ARG_END,
};

static json_t *workspace_update_run(const void *args, struct cmd_io *io UNUSED,
                                    struct pyro_error *err)
{
    const struct workspace_update_args *a = args;
    scoped_json json_t *labels = labels_to_json(&a->label), *clear = list_to_json(&a->clear_label),
                       *acknowledge = list_to_json(&a->acknowledge);
    struct workspace_change change = { .name = a->name,
                                       .clear_name = a->clear_name,
                                       .labels = labels,
                                       .clear_labels = clear,
                                       .acknowledge = acknowledge,
                                       .suspend_after_idle = a->suspend_after_idle == ARG_UNSET
                                                                 ? -1
                                                                 : a->suspend_after_idle,
                                       .vcpu_count = a->vcpu_count == ARG_UNSET ? 0 : a->vcpu_count,
                                       .mem_mib = a->mem_mib == ARG_UNSET ? 0 : a->mem_mib };

    if (a->name && a->clear_name)
        return pyro_fail(err, PYRO_USAGE, "--name and --clear-name exclude each other");
    if (!a->name && !a->clear_name && !a->label.count && !a->clear_label.count &&
        !a->acknowledge.count && !change.vcpu_count && !change.mem_mib &&
        change.suspend_after_idle < 0)
        return pyro_fail(err, PYRO_USAGE,
                         "nothing to change: give --name, --clear-name, --label, --clear-label, "
                         "--vcpu-count, --mem-mib, --suspend-after-idle or --acknowledge");
    return workspace_update(a->workspace, &change, err);
}

const struct cmd_spec cmd_workspace_update = {
    .path = "workspace update",
    .summary =
        "Change a workspace's name, labels, size or when it is suspended, or acknowledge what "
        "failed in it",
    .example = "pyro workspace update demo --label owner=me",
    .tool = TOOL("workspace_update", "Rename or label",
                 "Change the name, labels or, stopped, the size of a workspace, or acknowledge its "
                 "attention.",
                 TOOL_IDEMPOTENT, "workspace_id name labels"),
    .args = workspace_update_rows,
    .args_size = sizeof(struct workspace_update_args),
    .result = workspace_rows,
    .run = workspace_update_run,
    .print = show_workspace,
};
