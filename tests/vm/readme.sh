#!/bin/bash
# The tour in README.md, run as it is written, but for the port of this host, which may be taken: every line of
# it works, in its order.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
free_ports 1

tour=$(sed -n 's/^    \(\(build\/pyro\|curl\) .*\)/\1/p' README.md)
like "there is a tour" "$tour" 'run debian:12.*shell read.*curl'
while read -r line; do
    command=${line//build\/pyro/\"\$PYRO\"}
    run bash -c "${command//18080/${ports[0]}}"
    is "$line" "$status" 0
    [[ $line == *"shell read"* ]] && like "the shell's answer is clean text" "$out" 'lost\+found +mnt'
    [[ $line == curl* ]] && is "the service answers" "$out" hello
done <<<"$tour"
finish
