/* Arguments that the commands of a group share: what `pyro mcp serve` is to be started with. */
#ifndef PYRO_COMMANDS_HOST_ROWS_H
#define PYRO_COMMANDS_HOST_ROWS_H

#include "engine/cmd/spec.h"
#include "engine/host/agent.h"
#include "engine/mcp/tool.h"

#define ARG_CLIENT(S, F, ...)                                                                      \
    { ARG_ROW_(S, F, ARG_TYPE_CHOICE, const char *), .positional = true, .choices = agent_names,   \
      __VA_ARGS__ }
#define ARG_SERVE(S)                                                                               \
    ARG_CHOICE(S, profile, .choices = mcp_profiles,                                                \
               .help = "Which tools it gets; without this, those of workspace-core"),              \
        ARG_STR(S, project_path, .metavar = "DIR", .complete = COMPLETE_FILE,                      \
                .help = "What its workspaces begin with; without this, the Git repository that "   \
                        "the agent is started in")

#endif
