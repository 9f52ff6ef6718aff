/*
 * tui/main.c: pyro's main. It is in the uppermost room because a command opens the terminal
 * interface. All else is in the command table, except for the processes that pyro starts of itself.
 */
#include <string.h>

#include "engine/client/pack.h"
#include "engine/cmd/cmd.h"
#include "engine/network/guard.h"
#include "engine/supervisor/supervise.h"
#include "engine/supervisor/template_behind.h"
#include "engine/workspace/spares.h"
#include "tui/keys_page.h"
#include "tui/tui.h"
#include "vmm/base/limits.h"

int main(int argc, char **argv)
{
    files_raise();
    if (argc > 1 && !strcmp(argv[1], "__supervise"))
        return supervise_main(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "__spare"))
        return spare_main(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "__template"))
        return template_behind_main(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "__pack"))
        return pack_main(argc - 1, argv + 1);
    if (argc > 1 && !strcmp(argv[1], "__network"))
        return guard_main();
    if (argc == 2 && !strcmp(argv[1], "__keys"))
        return keys_page_main();
    cmd_tui_entry = tui_run;
    return cmd_main(argc, (const char *const *)argv);
}
