#!/bin/bash
# The tour in README.md, run as it is written: every line of it works, in its order.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
fixed_ports

tour=$(sed -n 's/^    \(\(build\/pyro\|curl\) .*\)/\1/p' README.md)
like "there is a tour" "$tour" 'run debian:12.*shell read.*curl'
while read -r line; do
    run bash -c "${line//build\/pyro/\"\$PYRO\"}"
    is "$line" "$status" 0
    [[ $line == *"shell read"* ]] && like "the shell's answer is clean text" "$out" 'lost\+found +mnt'
    [[ $line == curl* ]] && is "the service answers" "$out" hello
done <<<"$tour"
finish
