#!/bin/bash
# Output of a shell never drives the terminal of its reader, unless that is asked for.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
export PYRO_QEMU=/nothing/such

on_terminal() { run python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' "$@"; }
read_shell=("$PYRO" workspace shell read w sh1)

check "create" "$PYRO" workspace create debian:12 --name w --id-only --allow-host-compat >/dev/null
"$PYRO" workspace shell open w >/dev/null 2>&1
"$PYRO" workspace shell write w sh1 \
    --input $'printf \'<\\e]52;c;cHduZWQ=\\a\\e[6n\\e[31mred\\e[m\\tend>\\n\'; exit' >/dev/null 2>&1
out_ends() { "${read_shell[@]}" --json | grep -q '"state": "stopped"'; }
wait_for 60 out_ends

on_terminal "${read_shell[@]}"
is "a terminal: status" "$status" 0
like "a terminal is shown what drives it" "$out" '<\\x1b\]52;c;cHduZWQ=\\x07\\x1b\[6n\\x1b\[31mred\\x1b\[m'$'\t''end>'
is "… and gets none of it" "$(tr -d '\r\n\t' <<<"$out" | LC_ALL=C grep -cP '[\x00-\x1f\x7f]')" 0
refute "… nor the CR of each line's end" grep -qF 'end>\r' <<<"$out"
on_terminal "${read_shell[@]}" --plain
is "plain on a terminal: no control characters" "$(tr -d '\r\n\t' <<<"$out" | LC_ALL=C grep -cP '[\x00-\x1f\x7f]')" 0
on_terminal "${read_shell[@]}" --plain --colors
like "colours of our own writing stay" "$out" $'<\e\\[31mred\e\\[0?m'
refute "… and nothing else" grep -q $'\e\\]\|\e\\[6n' <<<"$out"
on_terminal "${read_shell[@]}" --raw
like "--raw: the bytes as they are" "$out" $'<\e\\]52;c;cHduZWQ=\a\e\\[6n\e\\[31mred'
run "${read_shell[@]}"
like "into a pipe: the bytes as they are" "$out" $'<\e\\]52;c;cHduZWQ=\a\e\\[6n\e\\[31mred'
run "${read_shell[@]}" --raw --plain
is "--raw and --plain: status" "$status" 2
check "deleted" "$PYRO" workspace delete w >/dev/null
finish
