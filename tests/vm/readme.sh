#!/bin/bash
# The tour in README.md, run as it is written, but for the port of this host, which may be taken: every line of
# it works, in its order.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
free_ports 1
"$PYRO" env remove mine >/dev/null 2>&1 # of a run that was cut short
"$PYRO" env remove greets >/dev/null 2>&1

# Each command, ended by a NUL: lines that are indented further belong to the one before.
tour() {
    sed -n 's/^    \(\(build\/pyro\|curl\) .*\|    .*\)/\1/p' README.md |
        awk '/^[^ ]/ { if (NR > 1) printf "%c", 0; printf "%s", $0; next } { printf "\n%s", $0 } END { printf "%c", 0 }'
}
like "there is a tour" "$(tour | tr '\0' '\n')" 'run debian:12.*shell read.*curl'
while IFS= read -rd '' line; do
    command=${line//build\/pyro/\"\$PYRO\"}
    run bash -c "${command//18080/${ports[0]}}"
    is "${line%%$'\n'*}" "$status" 0
    [[ $line == *"shell read"* ]] && like "the shell's answer is clean text" "$out" 'lost\+found +mnt'
    [[ $line == curl* ]] && is "the service answers" "$out" hello
done < <(tour)
finish
