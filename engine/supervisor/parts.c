/* engine/supervisor/parts.c: the table of the supervisor's parts. */
#include "engine/supervisor/parts.h"

#include "engine/supervisor/disk_ops.h"
#include "engine/supervisor/exec.h"
#include "engine/supervisor/guest_watch.h"
#include "engine/supervisor/idleness.h"
#include "engine/supervisor/memory_ops.h"
#include "engine/supervisor/network.h"
#include "engine/supervisor/ports.h"
#include "engine/supervisor/relay.h"
#include "engine/supervisor/resolver.h"
#include "engine/supervisor/services.h"
#include "engine/supervisor/shell_ops.h"
#include "engine/supervisor/shells.h"
#include "engine/supervisor/spare.h"
#include "engine/supervisor/workspace_ops.h"

#define OPS(...) ((const struct supervisor_op[]){ __VA_ARGS__, { NULL, NULL } })

/*
 * The parts, in the order of their end: end_all of each, then the workspace's own record, then
 * fail_all of each.
 */
const struct supervisor_part supervisor_parts[] = {
    /* Before the network, through which its questions come. */
    { .name = "resolver", .guest_ready = resolver_start, .end_all = resolver_end },
    /* Before any record is written: that passt and the guard end with the machine is not an error
     * of the network. */
    { .name = "network", .start = network_start, .end_all = network_end },
    /* Before services, whose listeners its connections came through. */
    { .name = "ports", .end_all = ports_end },
    /* What ran in the machine and has records, in any order: the workspace's record counts them,
     * and a reset clears them, when all are written. */
    { .name = "shells",
      .ops = OPS({ "shell", shell_ops_dispatch }),
      .end_stale = shells_end_stale,
      .adopt = shells_adopt,
      .sync = shells_sync,
      .client_gone = shells_client_gone,
      .suspend = shells_suspend,
      .end_all = shells_end_all },
    { .name = "services",
      .ops = OPS({ "service", services_dispatch }),
      .end_stale = services_end_stale,
      .adopt = services_adopt,
      .sync = services_sync,
      .client_gone = services_client_gone,
      .suspend = services_suspend,
      .end_all = services_end_all },
    { .name = "commands",
      .ops = OPS({ "exec", exec_open }, { "command_signal", exec_signal }),
      .end_all = exec_end_all,
      .fail_all = exec_fail_all },
    { .name = "guest watch",
      .ops = OPS({ "guest_watch", guest_watch_listen }),
      .end_all = guest_watch_end },
    { .name = "idleness",
      .guest_ready = idleness_begin,
      .updated = idleness_updated,
      .end_all = idleness_end },
    /* Requests without a record, in any order. */
    { .name = "memory",
      .ops = OPS({ "memory", memory_ops_dispatch }),
      .client_gone = memory_ops_client_gone,
      .pause = memory_ops_fail,
      .stop = memory_ops_fail, /* processes that are held do not end */
      .fail_all = memory_ops_fail },
    { .name = "disk",
      .ops = OPS({ "disk", disk_ops_dispatch }),
      .client_gone = disk_ops_client_gone,
      .pause = disk_ops_fail,
      .stop = disk_ops_fail, /* a frozen file system could not be unmounted */
      .fail_all = disk_ops_fail },
    { .name = "files",
      .ops = OPS({ "file_list", relay_read }, { "file_read", relay_read },
                 { "file_write", relay_change }, { "tree_read", relay_read },
                 { "tree_write", relay_change }),
      .pause = relay_fail_all,
      .fail_all = relay_fail_all },
    { .name = "spare", .ops = OPS({ "claim", spare_op_claim }), .fail_all = spare_end },
    /* Last: those who wait for the end start the workspace again, or delete it. */
    { .name = "workspace",
      .ops = OPS({ "attend", workspace_ops_attend }, { "forked", workspace_ops_forked },
                 { "hold", workspace_ops_hold }, { "keep", workspace_ops_keep },
                 { "reset", workspace_ops_reset }, { "settle", workspace_ops_settle },
                 { "stop", workspace_ops_stop }, { "update", workspace_ops_update }),
      .fail_all = workspace_ops_ended },
    { .name = NULL },
};
