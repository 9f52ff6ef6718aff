#!/bin/bash
# A shell and a service flood their logs with a secret's value, in pieces, while the supervisor is
# killed again and again: no byte is lost or doubled, and of the value no more is seen than may be.
cd "$(dirname "$0")/../.." && . tests/lib.sh
use_shared_cache
token=tok-8c1f6e0d-57fe
lines=${LINES_PRINTED:-16000} kills=${KILLS:-15}
RANDOM=${SEED:-$$}
echo "SEED=${SEED:-$$}"

id=$("$PYRO" workspace create debian:12 --name w --secret TOKEN="$token" --secret AGAIN="$token-again" --id-only 2>/dev/null)
home=$XDG_DATA_HOME/pyro/workspaces/$id

# Lines of a number and of the value, which is written in two pieces, once with its longer cousin, and
# of what only begins like it.
cat >"$TEST_DIR/flood" <<EOS
a=\${TOKEN%f6e*} b=\${TOKEN#*8c1}
i=0
while [ \$i -lt $lines ]; do
    printf '%s' "\$i \$a"
    printf '%s' "\$b-"
    printf '%s\n' "again \$a\$b-aga \$a\$a\$b tok-8c1"
    i=\$((i + 1))
done
echo done
EOS
run "$PYRO" workspace file write w flood --text-file "$TEST_DIR/flood"
is "the flood is in place" "$status" 0

# wanted NEWLINE: what its log must hold.
wanted() {
    python3 -c 'import sys
end = sys.argv[1].encode().decode("unicode_escape")
print("".join("%d [REDACTED] [REDACTED]-aga tok-8c1[REDACTED] tok-8c1%s" % (i, end)
              for i in range(int(sys.argv[2]))) + "done" + end, end="")' "$1" "$lines"
}
# is_whole LOG WANTED: equal, but for the beginning of a value (three bytes at most) where a kill made
# a pause in it.
is_whole() {
    python3 - "$@" <<'PYTHON'
import re, sys
data, wanted = open(sys.argv[1], "rb").read(), open(sys.argv[2], "rb").read()
if b"tok-8c1f" in data: sys.exit("a value shows")
plain = re.sub(rb"t(ok?)?\[REDACTED\]", b"[REDACTED]", data)
at = plain.find(b"0 [REDACTED]")
plain = plain[at:at + len(wanted)]
if plain == wanted: sys.exit(0)
first = next((i for i in range(len(plain)) if plain[i] != wanted[i]), len(plain))
sys.exit("at %d of %d: %r, and not %r" % (first, len(wanted), plain[first - 40:first + 60], wanted[first - 40:first + 60]))
PYTHON
}
ends_with_done() { tail -c 40 "$1" | grep -q done; }

all_done() {
    ends_with_done "$home/shells/sh1.log" && ends_with_done "$home/services/svc/stdout.log"
}

"$PYRO" workspace shell open w --secret-env TOKEN >/dev/null 2>&1
run "$PYRO" workspace shell write w sh1 --input 'stty -echo; PS1=; sh flood'
run "$PYRO" workspace service start w svc --secret-env TOKEN -- sh -c 'sh flood; exec sleep 1000'
is "both flood" "$status" 0
logged() {
    echo $(($(stat -c '%s +' "$home/shells/sh1.log" "$home/services/svc/stdout.log") 0))
}
killed=0
for ((i = 0; i < kills; i++)); do
    wanted=$(($(logged) + RANDOM % 4000))
    grown() { [[ $(logged) -gt $wanted ]] || all_done; }
    wait_for 60 grown
    pid=$(supervisor_of "$id")
    all_done || { [[ -n $pid ]] && kill_process "$pid" && killed=$((killed + 1)); }
    is_gone() { ! fuser "$home/lock" >/dev/null 2>&1 || all_done; }
    wait_for 30 is_gone # then the next command starts another
    run timeout 300 "$PYRO" workspace exec w -- true
    [[ $status -eq 0 ]] || fail "after kill $i" "$err"
done
check "supervisors were killed during it ($killed of $kills)" [ "$killed" -gt 3 ]
wait_for 120 all_done
wanted '\r\n' >"$TEST_DIR/shell"
wanted '\n' >"$TEST_DIR/service"
check "the shell's log is whole" is_whole "$home/shells/sh1.log" "$TEST_DIR/shell"
check "the service's log is whole" is_whole "$home/services/svc/stdout.log" "$TEST_DIR/service"

# An offset of the guest's and one of the file differ by now; what depends on them goes on.
run timeout 300 "$PYRO" workspace shell resize w sh1 --cols 99
run timeout 300 "$PYRO" workspace shell write w sh1 --input 'stty size'
run timeout 300 "$PYRO" workspace shell read w sh1 --wait-for-prompt --plain --json --cursor "$(stat -c %s "$home/shells/sh1.log")"
is "a prompt is waited for" "$status $(json .at_prompt)" "0 true"
last_resize() { grep '"type":"resize"' "$home/shells/sh1.events" | tail -n 1; }
check "a resize is noted inside of the log" [ "$(json .offset "$(last_resize)")" -le "$(stat -c %s "$home/shells/sh1.log")" ]
"$PYRO" workspace delete w >/dev/null
finish
