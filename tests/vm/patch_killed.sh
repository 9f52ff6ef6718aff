#!/bin/bash
# A change of many files whose machine dies in the middle: all files are as they were or as they were to be,
# whole, and the next start leaves nothing of what was being prepared.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
pyro=(timeout -k 5 120 "$PYRO")
ws() { "${pyro[@]}" workspace "$@"; }
in_ws() { ws exec w --timeout-seconds 60 -- sh -c "$1" 2>/dev/null; }
files=2000

"${pyro[@]}" env pull debian:12-base >/dev/null 2>&1
id=$(ws create debian:12-base --mem-mib 256 --name w --id-only 2>/dev/null)
dir=$XDG_DATA_HOME/pyro/workspaces/$id
vm_pid() { json .vm_pid "$(cat "$dir/workspace.json")"; }
failed_is_known() { grep -q '"failed"' "$dir/workspace.json"; }

# patch FROM TO: every file's line changes.
patch() {
    local i
    for ((i = 0; i < files; i++)); do
        printf -- '--- a/deep/er/%d\n+++ b/deep/er/%d\n@@ -1 +1 @@\n-%s\n+%s\n' "$i" "$i" "$1" "$2"
    done >"$TEST_DIR/patch"
}
in_ws "mkdir -p deep/er; i=0; while [ \$i -lt $files ]; do echo 0 >deep/er/\$i; i=\$((i + 1)); done; sync"
content() { in_ws 'cat deep/er/* | sort | uniq -c | tr -s " "'; }
stages() { in_ws 'find / -xdev -name ".pyro-*"'; }

patch 0 1
run ws patch apply w --patch-file "$TEST_DIR/patch" --json
is "a patch of $files files" "$status $(json .summary.modified)" "0 $files"
is "its content" "$(content)" " $files 1"
is "it leaves nothing" "$(stages)" ""

# The machine dies once what is being prepared is on its disk.
cut=0
for ((round = 1; round <= 8 && cut < 2; round++)); do
    before=$(content)
    value=${before##* }
    patch "$value" "$((value + 1))"
    ws patch apply w --patch-file "$TEST_DIR/patch" >"$TEST_DIR/applied" 2>&1 &
    patching=$!
    in_ws 'until ls -d deep/er/.pyro-* 2>/dev/null; do :; done; sync' >"$TEST_DIR/seen"
    kill -9 "$(vm_pid)"
    wait "$patching" || cut=$((cut + 1))
    wait_for 60 failed_is_known
    ws start w >/dev/null || fail "it starts again"
    like "killed in the middle: a whole state, $round" "$(content)" "^ $files ($value|$((value + 1)))\$"
    is "killed in the middle: nothing is left, $round" "$(stages)" ""
done
check "a change was cut short" [ "$cut" -gt 0 ]
like "and what it prepared had been there" "$(cat "$TEST_DIR/seen")" '^deep/er/\.pyro-[0-9a-f]{16}$'

# Only what pyro made is removed, and only below /workspace.
in_ws 'mkdir -p /opt/.pyro-0123456789abcdef .pyro-0123456789abcdee .pyro-mine real; mkdir real/.pyro-0123456789abcdef
    ln -s /opt out; ln -s /../../opt /var/lib/pyro-stages/.pyro-0123456789abcdef
    ln -s /out /var/lib/pyro-stages/.pyro-0123456789abcde0; mkdir /opt/.pyro-0123456789abcde0
    ln -s / /var/lib/pyro-stages/.pyro-mine; ln -s /real /var/lib/pyro-stages/..pyro; ln -s /none /var/lib/pyro-stages/.pyro-0123456789abcde1'
ws stop w >/dev/null
ws start w >/dev/null || fail "it starts with a hostile list"
is "what the guest wrote there harms nothing" "$(in_ws 'ls -d /opt/.pyro-*; ls -dA .pyro-* real/.pyro-*')" \
    $'/opt/.pyro-0123456789abcde0\n/opt/.pyro-0123456789abcdef\n.pyro-0123456789abcdee\n.pyro-mine\nreal/.pyro-0123456789abcdef'
in_ws 'rm -rf /var/lib/pyro-stages; echo file >/var/lib/pyro-stages'
run ws file write w f --text still
is "where it cannot be written down, files are written all the same" "$status $(in_ws 'cat f')" "0 still"
ws delete w >/dev/null
finish
