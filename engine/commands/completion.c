/* engine/commands/completion.c: completion scripts for bash, zsh and fish. They know nothing of the
 * commands: each asks `pyro __complete` for what fits. */
#include <string.h>

#include "engine/cmd/io.h"
#include "engine/commands/table.h"
#include "vmm/base/json.h"

struct completion_args {
    const char *shell;
};

static const char *const shells[] = { "bash", "zsh", "fish", NULL };

static const struct arg_spec completion_rows[] = {
    { ARG_ROW_(completion_args, shell, ARG_TYPE_CHOICE, const char *), .positional = true,
      .metavar = "SHELL", .choices = shells, .help = "The shell to print a script for" },
    ARG_END,
};

static const struct row_spec completion_result[] = {
    RES_STR("shell", .choices = shells),
    RES_STR("script"),
    ROW_END,
};

/* COMP_WORDBREAKS splits debian:12 at its colon and --label=a=b at each "=", so the words are taken
 * from the line itself. */
static const char bash_script[] =
    "# bash completion for pyro: eval \"$(pyro completion bash)\"\n"
    "_pyro() {\n"
    "    local line=${COMP_LINE:0:COMP_POINT} value help cur prefix\n"
    "    local -a words\n"
    "    read -ra words <<<\"$line\"\n"
    "    [[ $line == *[[:space:]] ]] && words+=('')\n"
    "    cur=${words[-1]}\n"
    "    prefix=${cur%\"${COMP_WORDS[COMP_CWORD]}\"}\n"
    "    [[ ${COMP_WORDS[COMP_CWORD]} == [:=] ]] && prefix=$cur\n"
    "    COMPREPLY=()\n"
    "    while IFS=$'\\t' read -r value help; do\n"
    "        if [[ $value == :files ]]; then\n"
    "            compopt -o default 2>/dev/null\n"
    "        else\n"
    "            COMPREPLY+=(\"${value#\"$prefix\"}\")\n"
    "        fi\n"
    "    done < <(\"${words[0]}\" __complete -- \"${words[@]:1}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _pyro pyro\n";

static const char zsh_script[] =
    "#compdef pyro\n"
    "# zsh completion for pyro: eval \"$(pyro completion zsh)\"\n"
    "_pyro() {\n"
    "    local -a found\n"
    "    local value help files=0\n"
    "    while IFS=$'\\t' read -r value help; do\n"
    "        if [[ $value == :files ]]; then\n"
    "            files=1\n"
    "        else\n"
    "            found+=(\"${value//:/\\\\:}:$help\")\n"
    "        fi\n"
    "    done < <(\"${words[1]}\" __complete -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)\n"
    "    (( ${#found} )) && _describe 'pyro' found\n"
    "    (( files )) && _files\n"
    "}\n"
    "compdef _pyro pyro\n";

static const char fish_script[] =
    "# fish completion for pyro: pyro completion fish | source\n"
    "function __pyro_complete\n"
    "    set -l words (commandline -opc) (commandline -ct)\n"
    "    for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)\n"
    "        if test \"$line\" = ':files'\n"
    "            __fish_complete_path (commandline -ct)\n"
    "        else\n"
    "            echo $line\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c pyro -f -a '(__pyro_complete)'\n";

static json_t *completion_run(const void *args, struct cmd_io *io UNUSED,
                              struct pyro_error *err UNUSED)
{
    const struct completion_args *a = args;
    const char *script = !strcmp(a->shell, "bash")  ? bash_script
                         : !strcmp(a->shell, "zsh") ? zsh_script
                                                    : fish_script;

    return json_pack("{s:s, s:s}", "shell", a->shell, "script", script);
}

static void completion_print(const json_t *result, FILE *out)
{
    fputs(json_string_or(result, "script", ""), out);
}

const struct cmd_spec cmd_completion = {
    .path = "completion",
    .summary = "Print a completion script for a shell",
    .details =
        "It completes commands, options, and the names of what there is: environments, workspaces, "
        "shells, services, snapshots, secrets and labels.",
    .example = "eval \"$(pyro completion bash)\"",
    .traits = CMD_READ_ONLY,
    .args = completion_rows,
    .args_size = sizeof(struct completion_args),
    .result = completion_result,
    .run = completion_run,
    .print = completion_print,
};
