#!/bin/bash
# A command writes only through the command layer (engine/cmd/io.h, and the FILE that its print function is given), which
# takes its workspace's secrets out of everything.
cd "$(dirname "$0")/.." && . tests/lib.sh

# Those of the layer itself; and those whose bytes were redacted when they came in, or are of no workspace; and api.c and
# mcp_serve.c, whose calls run in the layer.
exempt=' api.c mcp_serve.c cmd.c io.c progress_fd.c output.c password.c check.c commands_markdown.c completion.c complete_cmd.c guest_command.c shell_attach.c shell_replay.c render.c '
bad=
for file in $(git ls-files --cached --others --exclude-standard 'engine/cmd/*.c' 'engine/commands/*.c'); do
    [[ $exempt == *" ${file##*/} "* ]] && continue
    bad+=$(sed -E 's/"([^"\\]|\\.)*"/""/g; s,/\*.*\*/,,' "$file" | sed -E 's/isatty\([^()]*(\([^()]*\))?[^()]*\)//g' |
        grep -nE '\b(stdout|stderr|STDOUT_FILENO|STDERR_FILENO|printf|puts|putchar|dprintf|write|fs_write_all)\b *[,();]|->(out|err)_fd' |
        sed "s,^,$file:,")
done
is "no command writes past the layer" "$bad" ""
finish
